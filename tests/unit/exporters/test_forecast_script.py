"""Scripts train forecasting models again, with public libraries only, to the same forecasts."""

from __future__ import annotations

import builtins
import dataclasses
import dis
import runpy
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.fitted_series import fitted_series, monthly_sales, monthly_sales_and_more

from tunesmith.ensembles.forecast_combination import ForecastCombination
from tunesmith.ensembles.forecast_ensemble import ForecastMember
from tunesmith.exporters.script.forecasts.exporter import GLOBAL, LOCAL, NETS
from tunesmith.exporters.script.parts import series_reading
from tunesmith.fitting.forecasting.result import ForecastResult
from tunesmith.series.frequency import Frequency
from tunesmith.series.times import read_times

FAMILIES = (
    *(
        "seasonal_average",
        "seasonal_naive",
        "drift",
        "ets",
        "additive",
        "autoregression",
        "lagged_ridge",
        "lagged_boosting",
    ),
    "nlinear",
)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[ForecastResult, Path]:
    place = tmp_path_factory.mktemp("script")
    data = place / "sales.csv"
    monthly_sales().sample(frac=1, random_state=0).to_csv(data, index=False)
    return fitted_series(place / "study", data, FAMILIES), data


@pytest.fixture(scope="module")
def script(fitted: tuple[ForecastResult, Path]) -> dict[str, Any]:
    """The script of all trials, weighted alike."""
    result, _ = fitted
    trials = [trial.number for trial in result.study.trials]
    alone = {number: ForecastResult.load(result.folder, trial=number).ensemble for number in trials}
    combination = ForecastCombination(weights=dict.fromkeys(trials, 1 / len(trials)), width=1.25, median_share=0.4)
    members = {number: alone[number].members[number] for number in trials}
    equal = dataclasses.replace(result.ensemble, combination=combination, members=members)
    written = dataclasses.replace(result, ensemble=equal).export(result.folder / "equal.py")
    assert "tunesmith" not in written.path.read_text()
    return runpy.run_path(str(written.path))


def test_it_reads_the_series_as_fit_does(fitted: tuple[ForecastResult, Path], script: dict[str, Any]) -> None:
    result, data = fitted
    panel = script["read_series"](data)
    assert panel.names == result.panel.names
    np.testing.assert_array_equal(panel.starts, result.panel.starts)
    np.testing.assert_allclose(panel.values, result.panel.values)


@pytest.mark.parametrize("place", range(len(FAMILIES)), ids=FAMILIES)
def test_each_model_forecasts_what_the_trial_forecast(
    fitted: tuple[ForecastResult, Path], script: dict[str, Any], place: int
) -> None:
    result, data = fitted
    (path,) = result.folder.glob(f"trials/*{place:02}/artifacts/forecast.npy")
    panel = script["read_series"](data)
    model = script["MEMBERS"][place]["train"](panel)
    forecast = script["bounded"](model.forecast(panel, script["HORIZON"]), panel)
    np.testing.assert_allclose(forecast, np.load(path), rtol=1e-4)


def test_it_combines_the_models_as_the_ensemble_does(
    fitted: tuple[ForecastResult, Path], script: dict[str, Any]
) -> None:
    result, data = fitted
    panel = script["read_series"](data)
    trials = range(len(FAMILIES))
    forecasts = {
        number: np.load(*result.folder.glob(f"trials/*{number:02}/artifacts/forecast.npy")) for number in trials
    }
    combination = ForecastCombination(weights=dict.fromkeys(trials, 1 / len(FAMILIES)), width=1.25, median_share=0.4)
    expected = combination.apply(forecasts, np.arange(len(panel)))
    np.testing.assert_allclose(script["forecast"](panel), expected, rtol=1e-4)


@pytest.mark.parametrize("family", [*LOCAL, *GLOBAL, *NETS])
def test_a_script_of_each_family_holds_all_that_it_names(fitted: tuple[ForecastResult, Path], family: str) -> None:
    """Its functions are looked at, not run: what they take from the script must be there."""
    result, _ = fitted
    member = ForecastMember(trial=0, parameters={"family": family}, folder=result.folder)
    one = ForecastCombination(weights={0: 1.0})
    alone = dataclasses.replace(result.ensemble, combination=one, members={0: member})
    written = dataclasses.replace(result, ensemble=alone).export(result.folder / f"{family}.py")
    program = runpy.run_path(str(written.path))
    code = compile(written.path.read_text(), family, "exec")
    assert sorted(globals_of(code) - set(program) - set(dir(builtins))) == []


def globals_of(code: types.CodeType) -> set[str]:
    """The global names that code takes when it runs."""
    names = {str(one.argval) for one in dis.get_instructions(code) if one.opname == "LOAD_GLOBAL"}
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return names.union(*(globals_of(part) for part in inner))


def test_it_reads_the_columns_beside_the_target(tmp_path: Path) -> None:
    data = tmp_path / "sales.csv"
    monthly_sales_and_more().to_csv(data, index=False)
    result = fitted_series(tmp_path / "study", data, ["lagged_boosting"], known=("price",))
    assert result.panel.known == ("price", "town")
    written = ForecastResult.load(result.folder, trial=1).export(tmp_path / "model.py")

    script = runpy.run_path(str(written.path))
    panel = script["read_series"](data)

    for name, values in result.panel.covariates.items():
        np.testing.assert_allclose(panel.covariates[name], values)
    np.testing.assert_allclose(panel.future, result.panel.future)
    (path,) = result.folder.glob("trials/*1/artifacts/forecast.npy")
    np.testing.assert_allclose(script["forecast"](panel), np.load(path), rtol=1e-4)


def test_it_runs_alone_and_writes_the_forecasts(fitted: tuple[ForecastResult, Path], tmp_path: Path) -> None:
    result, data = fitted
    alone = ForecastResult.load(result.folder, trial=5)
    written = alone.export(tmp_path / "model.py")
    command = [sys.executable, "-E", "-s", str(written.path), str(data), "forecasts.csv"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table, expected = pd.read_csv(tmp_path / "forecasts.csv"), alone.predict()
    assert table["series"].tolist() == expected["shop"].tolist()
    assert pd.to_datetime(table["month"]).tolist() == expected["month"].tolist()
    np.testing.assert_allclose(table["forecast"], expected["sales"], rtol=1e-5)
    np.testing.assert_allclose(table["q0.9"], expected["q0.9"], rtol=1e-5)


@pytest.mark.parametrize(
    ("written", "frequency"),
    [
        (["2024Q1", "2024Q2"], Frequency(unit="month", count=3)),
        (["Jan 2024", "Apr 2024"], Frequency(unit="month", count=3)),
        (["2024-W05", "2024-W06"], Frequency(unit="second", count=7 * 86_400)),
        (["2024-03-31T00:30:00+01:00", "2024-03-31T03:30:00+02:00"], Frequency(unit="second", zone="Europe/Berlin")),
        (
            ["2024-03-31T00:30:00+01:00", "2024-04-01T00:30:00+02:00"],
            Frequency(unit="business_day", zone="Europe/Berlin"),
        ),
        ([1_949, 1_950], Frequency(unit="month", count=12)),
        ([20_240_131, 20_240_229], Frequency(unit="month", month_day=31)),
        ([1_711_843_200, 1_711_846_800], Frequency(unit="second", count=3_600)),
        (["31.01.2024", "29.02.2024"], Frequency(unit="month", month_day=31)),
    ],
)
def test_times_are_read_as_fit_reads_them(written: list[Any], frequency: Frequency) -> None:
    column = pd.Series(written)
    times = read_times(column, ".")
    expected = times.stamps if frequency.counts_in_utc else times.local
    np.testing.assert_array_equal(series_reading.read_times(column, frequency), expected)
