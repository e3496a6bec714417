"""Chronos-2, TiRex and TimesFM with tiny networks of random weights: what is tested is the loading and the plumbing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri
from tests.contracts.test_forecasters import panel_of, seasonal

import tunesmith as ts
from tunesmith.core.trial import Value
from tunesmith.ensembles.inspection import inspect
from tunesmith.errors import InputError
from tunesmith.fitting.forecasting.families import forecast_space
from tunesmith.forecasters._pretrained import (
    PretrainedForecaster,
    at_levels,
    digest_of,
    find_weights,
    scaled_histories,
)
from tunesmith.forecasters.base import ForecastPart
from tunesmith.forecasters.chronos import ChronosForecaster
from tunesmith.forecasters.timesfm import TimesfmForecaster
from tunesmith.forecasters.tirex import TirexForecaster
from tunesmith.series.columns import SeriesColumns
from tunesmith.series.covariates import Covariates
from tunesmith.series.levels import LEVELS, MEDIAN
from tunesmith.series.panel import Panel

HORIZON = 10
TENTHS = [tenth / 10 for tenth in range(1, 10)]
LOADED: dict[str, Value] = {"lookback": 64, "covariates": False, "cross_learning": False}


def random_weights(network: Any) -> Any:
    import torch

    torch.manual_seed(0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return network


def write_chronos(folder: Path) -> None:
    pytest.importorskip("chronos")
    from chronos.chronos2 import Chronos2CoreConfig, Chronos2Model

    config = Chronos2CoreConfig(
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_layers=1,
        num_heads=2,
        architectures=["Chronos2Model"],
        chronos_pipeline_class="Chronos2Pipeline",
        chronos_config={
            "context_length": 64,
            "input_patch_size": 8,
            "input_patch_stride": 8,
            "output_patch_size": 8,
            "max_output_patches": 8,
            "quantiles": [0.01, 0.05, *TENTHS, 0.95, 0.99],
            "use_arcsinh": True,
            "use_reg_token": True,
        },
    )
    random_weights(Chronos2Model(config)).save_pretrained(folder)


def write_tirex(folder: Path) -> None:
    pytest.importorskip("tirex")
    import torch
    from tirex import TiRexZero

    settings = {
        "model_config": {
            "input_patch_size": 8,
            "output_patch_size": 8,
            "quantiles": TENTHS,
            "block_kwargs": {"embedding_dim": 16, "num_heads": 2, "num_blocks": 1},
            "input_ff_dim": 16,
        },
        "train_ctx_len": 64,
    }
    weights = random_weights(TiRexZero("torch", **settings)).state_dict()
    torch.save({"hyper_parameters": settings, "state_dict": weights}, folder / "model.ckpt")


def write_timesfm(folder: Path) -> None:
    pytest.importorskip("timesfm")
    from safetensors.torch import save_file
    from timesfm.timesfm_2p5.timesfm_2p5_torch import TimesFM_2p5_200M_torch_module

    network = random_weights(TimesFM_2p5_200M_torch_module())
    save_file(network.state_dict(), folder / "model.safetensors")


def shrink_timesfm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the library's only size of network a tiny one."""
    pytest.importorskip("timesfm")
    from timesfm.timesfm_2p5.timesfm_2p5_torch import TimesFM_2p5_200M_torch_module as Network

    full = Network.config
    block = dataclasses.replace(full.output_projection_point, input_dims=16, hidden_dims=16)
    layer = dataclasses.replace(full.stacked_transformers.transformer, model_dims=16, hidden_dims=16, num_heads=2)
    tiny = dataclasses.replace(
        full,
        input_patch_len=8,
        output_patch_len=16,
        output_quantile_len=64,
        tokenizer=dataclasses.replace(full.tokenizer, input_dims=16, hidden_dims=16, output_dims=16),
        stacked_transformers=dataclasses.replace(full.stacked_transformers, num_layers=1, transformer=layer),
        output_projection_point=dataclasses.replace(block, output_dims=16 * 10),
        output_projection_quantiles=dataclasses.replace(block, output_dims=64 * 10),
    )
    monkeypatch.setattr(Network, "config", tiny)


@pytest.fixture(
    params=[(ChronosForecaster, write_chronos), (TirexForecaster, write_tirex), (TimesfmForecaster, write_timesfm)],
    ids=["chronos", "tirex", "timesfm"],
)
def family(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PretrainedForecaster:
    kind, write = request.param
    pytest.importorskip("torch")
    if kind is TimesfmForecaster:
        shrink_timesfm(monkeypatch)
    return made(kind, write, tmp_path, monkeypatch)


def made(
    kind: type[PretrainedForecaster], write: Callable[[Path], None], place: Path, monkeypatch: pytest.MonkeyPatch
) -> PretrainedForecaster:
    folder = place / "weights"
    folder.mkdir()
    write(folder)
    monkeypatch.setenv(kind.model.variable, str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return kind()


def fitted(family: PretrainedForecaster, panel: Panel, **parameters: Value) -> Any:
    return family.fit(ForecastPart(panel=panel, horizon=HORIZON, seed=0), LOADED | parameters)


def some() -> Panel:
    return panel_of([seasonal(months, seed=months) for months in (90, 40, 60)])


def test_a_stored_model_forecasts_the_same(
    family: PretrainedForecaster, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert family.profile.missing() is None
    assert family.profile.is_pretrained
    panel = some()
    model = fitted(family, panel)
    forecast = model.forecast(panel, HORIZON)
    assert forecast.shape == (3, HORIZON, len(LEVELS))
    assert np.isfinite(forecast).all()
    assert (np.diff(forecast, axis=-1) >= 0).all()
    assert capfd.readouterr() == ("", "")
    folder = tmp_path / "model"
    folder.mkdir()
    model.save(folder)
    inspect(folder)
    assert [path.name for path in folder.iterdir()] == ["pretrained.json"]
    np.testing.assert_allclose(type(model).load(folder).forecast(panel, HORIZON), forecast, rtol=1e-6)


def test_first_choices_lie_in_the_space(family: PretrainedForecaster) -> None:
    space, panel = forecast_space({"it": family}), some()
    choices = family.configurations(panel, HORIZON)
    assert choices
    few = panel.select(np.array([0]))
    for choice in choices:
        parameters: Mapping[str, Any] = {"family": "it", **{f"it.{key}": value for key, value in choice.items()}}
        assert space.fault(parameters) is None
        assert 0 < family.seconds(few, HORIZON, choice) < family.seconds(panel, HORIZON, choice)


def test_a_series_is_forecast_alike_on_every_scale(family: PretrainedForecaster) -> None:
    """Also where the network's single precision would lose what changes."""
    panel = some()
    moved = dataclasses.replace(panel, values=1e9 + 0.01 * panel.values)
    forecast = fitted(family, panel).forecast(panel, HORIZON)
    expected = 0.01 * forecast
    found = fitted(family, moved).forecast(moved, HORIZON) - 1e9
    np.testing.assert_allclose(found, expected, atol=2e-3 * np.ptp(expected))


@pytest.mark.parametrize(
    "history",
    [np.zeros(60), np.full(60, 5.0), np.array([3.0]), np.array([1.0, 2.0, 4.0]), -seasonal(60), 1e30 * seasonal(60)],
    ids=["zeros", "constant", "one value", "three values", "negative", "large"],
)
def test_an_odd_series_among_others_is_forecast_too(family: PretrainedForecaster, history: np.ndarray) -> None:
    panel = panel_of([seasonal(80), history, seasonal(30)])
    forecast = fitted(family, panel).forecast(panel, HORIZON)
    assert np.isfinite(forecast).all()
    if np.ptp(history) == 0:
        assert (forecast[1] == history[-1]).all()


def test_values_that_are_missing_are_left_to_the_network(family: PretrainedForecaster) -> None:
    panel = panel_of([seasonal(80), seasonal(70)])
    observed = np.ones(len(panel.values), dtype=bool)
    observed[[30, 31, 32, 79]] = False  # Some in the middle, and the last of the first series.
    observed[82:] = False  # All that is looked at of the second one.
    holes = dataclasses.replace(panel, observed=observed)
    first, second = scaled_histories(holes, 64)[0]
    assert np.isnan(first).sum() == 4
    assert (second == second[0]).all()
    assert np.isfinite(fitted(family, holes).forecast(holes, HORIZON)).all()


def test_a_forecast_knows_nothing_of_what_comes_later(family: PretrainedForecaster) -> None:
    panel = some()
    past = panel.select(np.arange(3), panel.lengths - HORIZON)
    later = panel.values.copy()
    for start, length in zip(panel.offsets, panel.lengths, strict=True):
        later[start + length - HORIZON : start + length] = 1e6
    model = fitted(family, past)
    disturbed = dataclasses.replace(past, values=later)
    np.testing.assert_array_equal(model.forecast(disturbed, HORIZON), model.forecast(past, HORIZON))


def test_a_model_refuses_other_weights(
    family: PretrainedForecaster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fitted(family, some())
    folder, elsewhere = tmp_path / "model", tmp_path / "elsewhere"
    folder.mkdir()
    model.save(folder)
    model.weights.parent.rename(elsewhere)
    with pytest.raises(InputError, match=model.digest):
        type(model).load(folder)
    monkeypatch.setenv(model.variable, str(elsewhere / model.file_name))
    assert type(model).load(folder).weights == elsewhere / model.file_name
    (elsewhere / model.file_name).write_bytes(b"other weights")
    with pytest.raises(InputError, match=model.digest):
        type(model).load(folder)


def test_a_file_that_holds_no_such_weights_is_named(family: PretrainedForecaster) -> None:
    weights = find_weights(family.model.variable, family.model.file_name)
    assert weights is not None
    weights.write_bytes(b"no weights at all")
    model = fitted(family, some())
    with pytest.raises(InputError, match=f"{model.variable} must name weights of this network") as raised:
        model.forecast(some(), HORIZON)
    assert len(str(raised.value)) < 1_000


@pytest.mark.parametrize("kind", [ChronosForecaster, TirexForecaster, TimesfmForecaster])
def test_without_weights_nothing_is_offered(
    kind: type[PretrainedForecaster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = kind.model.variable
    monkeypatch.delenv(variable, raising=False)
    assert kind.profile.missing() is not None
    monkeypatch.setenv(variable, str(tmp_path))
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    assert kind().configurations(some(), HORIZON) == []
    with pytest.raises(InputError, match=f"{variable} must name {kind.model.file_name}"):
        fitted(kind(), some())
    monkeypatch.setenv(variable, str(tmp_path / "pytorch_model.bin"))
    assert kind().configurations(some(), HORIZON) == []
    (tmp_path / kind.model.file_name).write_bytes(b"weights")
    monkeypatch.setenv(variable, str(tmp_path))
    assert kind().configurations(some(), HORIZON)[0]["lookback"] == kind.usual_lookback


def test_code_in_a_file_of_tirex_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tirex")
    import torch

    class Harmful:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
            return pytest.fail, ("code of a checkpoint was run",)

    path = tmp_path / "model.ckpt"
    torch.save({"hyper_parameters": {}, "state_dict": {}, "callbacks": Harmful()}, path)
    monkeypatch.setenv("TUNESMITH_TIREX_CHECKPOINT", str(path))
    with pytest.raises(InputError, match=r"weights_only|Weights only"):
        fitted(TirexForecaster(), some()).forecast(some(), HORIZON)


@pytest.mark.parametrize("kind", ["t5", "unknown"])
def test_code_beside_weights_of_chronos_is_not_run(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = made(ChronosForecaster, write_chronos, tmp_path, monkeypatch)
    folder, ran = tmp_path / "weights", tmp_path / "ran"
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": kind, "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text(f"from pathlib import Path\nPath({str(ran)!r}).touch()\nConfig = Model = object\n")
    model = fitted(family, some())
    if kind == "t5":
        assert np.isfinite(model.forecast(some(), HORIZON)).all()
    else:
        with pytest.raises(InputError, match="must name weights of this network"):
            model.forecast(some(), HORIZON)
    assert not ran.exists()


def beside(panel: Panel, known: tuple[str, ...]) -> Panel:
    """Series with a price and the weather."""
    from tunesmith.data.schema import Schema

    rng = np.random.default_rng(0)
    return dataclasses.replace(
        panel,
        columns=SeriesColumns(
            targets=("y",), time="month", ids=("shop",), covariates=Covariates(schema=Schema(columns=()), known=known)
        ),
        covariates={name: rng.normal(size=len(panel.values)) for name in ("price", "weather")},
        future=rng.normal(size=(len(panel), HORIZON, len(known))),
    )


def test_chronos_learns_from_covariates_and_from_what_is_known_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = made(ChronosForecaster, write_chronos, tmp_path, monkeypatch)
    panel = beside(some(), ("price",))
    assert [choice["covariates"] for choice in family.configurations(panel, HORIZON)] == [True, False, True]
    model = fitted(family, panel, covariates=True)
    forecast = model.forecast(panel, HORIZON)
    assert np.isfinite(forecast).all()
    for other in (
        dataclasses.replace(panel, future=-panel.future),
        dataclasses.replace(panel, covariates={**panel.covariates, "weather": -panel.covariates["weather"]}),
    ):
        assert np.abs(model.forecast(other, HORIZON) - forecast).max() > 1e-3
    without = fitted(family, panel)
    np.testing.assert_allclose(without.forecast(panel, HORIZON), without.forecast(some(), HORIZON))


def test_chronos_knows_no_later_value_of_a_covariate_that_is_not_known_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = made(ChronosForecaster, write_chronos, tmp_path, monkeypatch)
    panel = beside(some(), ("price",))
    past = panel.select(np.arange(3), panel.lengths - HORIZON)
    model = fitted(family, past, covariates=True)
    for name, matters in (("weather", False), ("price", True)):
        changed = past.covariates[name].copy()
        for start, length in zip(panel.offsets, panel.lengths, strict=True):
            changed[start + length - HORIZON : start + length] += 5
        other = dataclasses.replace(past, covariates={**past.covariates, name: changed})
        differs = np.abs(model.forecast(other, HORIZON) - model.forecast(past, HORIZON)).max() > 1e-3
        assert differs == matters, name


def test_chronos_lets_series_learn_from_each_other_where_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family, panel = made(ChronosForecaster, write_chronos, tmp_path, monkeypatch), some()
    alone = panel.select(np.array([0]))
    for together in (False, True):
        model = fitted(family, panel, cross_learning=together)
        same = np.allclose(model.forecast(panel, HORIZON)[0], model.forecast(alone, HORIZON)[0], rtol=1e-4)
        assert same != together


def test_pretrained_models_are_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    made(TirexForecaster, write_tirex, tmp_path, monkeypatch)
    frame = pd.DataFrame({"month": pd.date_range("2010-01-01", periods=60, freq="MS"), "y": seasonal(60)})
    result = ts.fit(
        frame,
        task="forecasting",
        target="y",
        horizon=6,
        families=["tirex", "naive"],
        budget=ts.Budget(minutes=2, trials=3),
        folder=tmp_path / "study",
        progress=False,
    )
    board = result.leaderboard().set_index("family")["pretrained"]
    assert board["tirex"].all()
    assert not board[["naive", "seasonal_naive"]].any()
    assert "TiRex (pretrained)" in result.report().read_text()


def test_quantiles_are_those_of_a_normal_distribution_between_and_beyond_known_levels() -> None:
    normal = 3 + 2 * ndtri(np.array(TENTHS))
    found = at_levels(np.array([normal, -normal[::-1]]), TENTHS)
    np.testing.assert_allclose(found[0], 3 + 2 * ndtri(np.array(LEVELS)))
    np.testing.assert_allclose(found[1, MEDIAN], -3)
    every = np.array([0.01, *LEVELS, 0.99])
    skewed = np.exp(ndtri(every))
    np.testing.assert_allclose(at_levels(skewed, list(every)), skewed[1:-1])


def test_the_digest_is_that_of_the_file_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    first = digest_of(path)
    path.write_bytes(b"other")
    assert digest_of(path) != first
