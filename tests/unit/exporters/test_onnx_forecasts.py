"""ONNX graphs forecast what Python forecasts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from tests.contracts.test_forecasters import HORIZON, configurations, family_of, suited, trained
from tests.fitted_series import fitted_series, monthly_sales, monthly_sales_and_more
from tests.unit.exporters.forecasts_in_onnx import in_onnx

from tunesmith.data.read import read_table
from tunesmith.ensembles.forecast_combination import ForecastCombination
from tunesmith.errors import InputError
from tunesmith.exporters.onnx.columns import NotExportable
from tunesmith.exporters.onnx.forecasts.parity import check_forecasts, compared_histories
from tunesmith.fitting.forecasting.result import ForecastResult
from tunesmith.forecasters.base import ForecastPart
from tunesmith.series.bounds import bounded
from tunesmith.series.columns import find_columns
from tunesmith.series.frequency import Frequency
from tunesmith.series.reading import read_panel

EXPORTABLE = [
    *("drift", "naive", "seasonal_average", "seasonal_naive", "lagged_ridge", "lagged_boosting"),
    *("dlinear", "fits", "informer", "itransformer", "nhits", "nlinear", "patch_tst", "rlinear", "sparse_tsf"),
    *("transformer", "ts_mixer"),
]


@pytest.mark.parametrize("name", EXPORTABLE)
def test_a_model_forecasts_the_same(name: str) -> None:
    """Many histories: whole, cut, constant, zero, negative, large, and of one to three values."""
    histories, model = compared_histories(suited(name), HORIZON, most=40), trained(name)
    expected = bounded(model.forecast(histories, HORIZON), histories)
    found = in_onnx(model, histories, HORIZON)
    sizes = np.array([np.abs(histories.history(index)).max() or 1.0 for index in range(len(histories))])
    np.testing.assert_array_less(np.abs(found - expected) / sizes[:, None, None], 1e-5)


def test_models_that_are_fitted_anew_are_refused() -> None:
    with pytest.raises(NotExportable, match="anew"):
        in_onnx(trained("autoregression"), suited("autoregression"), HORIZON)


@pytest.mark.parametrize(
    "frequency",
    [
        Frequency(unit="month", count=1, month_day=31),
        Frequency(unit="month", count=3, phase=1),
        Frequency(unit="business_day"),
        Frequency(unit="second", count=86_400),
        Frequency(unit="second", count=1_800, phase=600),
        Frequency(unit="step"),
    ],
    ids=lambda frequency: frequency.words,
)
def test_the_calendar_is_that_of_python(frequency: Frequency) -> None:
    panel = dataclasses.replace(suited("lagged_boosting"), frequency=frequency, starts=np.array([-5, 365, 20_000]))
    choice = configurations("lagged_boosting", panel)[0] | {"rounds": 10}
    model = family_of("lagged_boosting").fit(ForecastPart(panel=panel, horizon=HORIZON, seed=1), choice)
    np.testing.assert_allclose(in_onnx(model, panel, HORIZON), model.forecast(panel, HORIZON), rtol=1e-9)


@pytest.mark.parametrize(
    "frequency", [Frequency(unit="business_day"), Frequency(unit="second", count=1_800, phase=600)]
)
def test_a_network_sees_the_same_calendar(frequency: Frequency) -> None:
    """It was trained on months; what it makes of other times must be the same all the same."""
    frequency = Frequency(unit="second", count=1_800, phase=600)
    panel = dataclasses.replace(suited("informer"), frequency=frequency, starts=np.array([-5, 365, 20_000]))
    model = trained("informer")
    np.testing.assert_allclose(in_onnx(model, panel, HORIZON), model.forecast(panel, HORIZON), rtol=1e-5)


def test_columns_beside_the_target_are_inputs() -> None:
    raw = read_table(monthly_sales_and_more())
    columns = find_columns(raw.frame, targets=("sales",), time="month", ids=("shop",), known=("price",))
    panel = dataclasses.replace(read_panel(raw, columns), seasons=(12,))
    assert panel.known == ("price", "town")
    choice = configurations("lagged_boosting", panel)[0]
    model = family_of("lagged_boosting").fit(ForecastPart(panel=panel, horizon=HORIZON, seed=1), choice)

    histories = compared_histories(panel, HORIZON, most=40)
    found = in_onnx(model, histories, HORIZON)

    np.testing.assert_allclose(found, bounded(model.forecast(histories, HORIZON), histories), rtol=1e-9, atol=1e-9)
    dearer = dataclasses.replace(histories, future=histories.future + np.array([3.0, 0.0]))
    assert not np.allclose(in_onnx(model, dearer, HORIZON), found)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> ForecastResult:
    families = ["autoregression", "lagged_ridge", "lagged_boosting", "nlinear"]
    return fitted_series(tmp_path_factory.mktemp("study"), monthly_sales(), families)


def test_the_best_that_can_be_exported_is_and_it_says_so(fitted: ForecastResult, tmp_path: Path) -> None:
    alone = ForecastResult.load(fitted.folder, trial=1)
    written = alone.export(tmp_path / "model.onnx")
    assert "Without 1 model that ONNX cannot express (autoregression (trial 1)" in written.notes[0]
    assert 1 not in written.facts["members"]
    assert written.facts["largest_difference"] < 1e-4
    assert written.facts["windows_compared"] > 200


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.2, 0.35, 0.45), (0.25, 0.25, 0.5)], ids=len)
def test_the_median_of_members_is_that_of_python(
    fitted: ForecastResult, tmp_path: Path, weights: tuple[float, ...]
) -> None:
    combination = ForecastCombination(weights=dict(zip((2, 3, 4), weights, strict=False)), median_share=0.75)
    alone = {trial: ForecastResult.load(fitted.folder, trial=trial).ensemble for trial in combination.weights}
    members = {trial: one.members[trial] for trial, one in alone.items()}
    ensemble = dataclasses.replace(fitted.ensemble, combination=combination, members=members)
    written = dataclasses.replace(fitted, ensemble=ensemble).export(tmp_path / "median.onnx")
    assert written.facts["members"] == list(combination.weights)
    assert written.facts["largest_difference"] < 1e-4


def test_missing_values_are_filled_as_the_file_says(fitted: ForecastResult, tmp_path: Path) -> None:
    ridge = ForecastResult.load(fitted.folder, trial=2)
    written = ridge.export(tmp_path / "ridge.onnx")
    session = onnxruntime.InferenceSession(written.path.read_bytes(), providers=["CPUExecutionProvider"])
    history = np.asarray(fitted.panel.history(0), dtype=np.float64)[:60]
    gaps = history.copy()
    gaps[[20, 21, 22]] = np.nan
    filled = history.copy()
    filled[20:23] = np.interp([20, 21, 22], [19, 23], [history[19], history[23]])
    end, repeated = history.copy(), history.copy()
    end[-2:], repeated[-2:] = np.nan, history[-3]
    late, nothing = history.copy(), np.full(60, np.nan)
    late[:40] = np.nan
    values = np.array([gaps, filled, end, repeated, late, nothing])
    forecast, quantiles = session.run(["forecast", "quantiles"], {"values": values})
    np.testing.assert_allclose(quantiles[0], quantiles[1])
    np.testing.assert_allclose(quantiles[2], quantiles[3])
    (short,) = session.run(["quantiles"], {"values": history[None, 40:]})
    np.testing.assert_allclose(quantiles[4], short[0])
    assert np.isnan(quantiles[5]).all()
    np.testing.assert_array_equal(forecast[0], quantiles[0, :, 5])


def test_the_file_says_what_it_takes(fitted: ForecastResult, tmp_path: Path) -> None:
    booster = ForecastResult.load(fitted.folder, trial=3)
    written = booster.export(tmp_path / "booster.onnx")
    model = onnx.load(written.path)
    assert [one.name for one in model.graph.input] == ["values", "time"]
    assert [one.name for one in model.graph.output] == ["forecast", "quantiles"]
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert {"levels", "horizon", "missing", "inputs", "frequency"} <= set(facts)
    assert "seconds since 1970" in facts["inputs"]


def test_a_graph_that_disagrees_is_not_written(fitted: ForecastResult, tmp_path: Path) -> None:
    ridge, other = (ForecastResult.load(fitted.folder, trial=number) for number in (2, 0))
    content = ridge.export(tmp_path / "ridge.onnx").path.read_bytes()
    with pytest.raises(InputError, match="must forecast what Python forecasts"):
        check_forecasts(content, other.ensemble, fitted.panel)
