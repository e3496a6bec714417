"""The contract of every family of forecasting models in the folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tunesmith import plugins
from tunesmith.core.trial import Value
from tunesmith.ensembles.inspection import inspect
from tunesmith.errors import InputError
from tunesmith.fitting.forecasting.families import forecast_space
from tunesmith.forecasters.base import Forecaster, ForecastModel, ForecastPart
from tunesmith.series.columns import SeriesColumns
from tunesmith.series.frequency import Frequency
from tunesmith.series.levels import LEVELS, MEDIAN
from tunesmith.series.panel import Panel

INSTALLED = [
    name for name in plugins.names("forecasters") if plugins.load("forecasters", name).profile.missing() is None
]
QUICK: dict[str, Value] = {"epochs": 2, "rounds": 30, "lookback": 24}
"""Replaces parameters of these names, so that a fit takes a moment."""
HORIZON = 6


def panel_of(histories: Sequence[np.ndarray], seasons: tuple[int, ...] = (12,)) -> Panel:
    """Monthly series from 2000 on."""
    lengths = np.array([len(history) for history in histories], dtype=np.intp)
    return Panel(
        columns=SeriesColumns(targets=("y",), time="month", ids=("shop",)),
        names=tuple(f"s{index}" for index in range(len(histories))),
        frequency=Frequency(unit="month"),
        seasons=seasons,
        starts=np.full(len(histories), 360, dtype=np.intp),
        offsets=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp),
        lengths=lengths,
        values=np.concatenate(histories),
    )


def seasonal(months: int, *, level: float = 100.0, seed: int = 0) -> np.ndarray:
    """A trend, a season of twelve months, and a little noise."""
    steps = np.arange(months)
    noise = np.random.default_rng(seed).normal(size=months)
    return level + 0.3 * steps + 10 * np.sin(2 * np.pi * steps / 12) + noise


@cache
def family_of(name: str) -> Forecaster:
    return plugins.load("forecasters", name)()  # type: ignore[no-any-return]


def suited(name: str) -> Panel:
    """Series that a family is made for."""
    if family_of(name).profile.intermittent_only:
        drawn = np.random.default_rng(0).poisson(0.4, size=(3, 96))
        return panel_of([demand.astype(float) for demand in drawn], seasons=())
    return panel_of([seasonal(months, seed=months) for months in (180, 192, 204)])


def configurations(name: str, panel: Panel) -> list[dict[str, Value]]:
    return [
        {key: QUICK.get(key, value) for key, value in choice.items()}
        for choice in family_of(name).configurations(panel, HORIZON)
    ]


@cache
def trained(name: str) -> ForecastModel:
    panel = suited(name)
    part = ForecastPart(panel=panel, horizon=HORIZON, seed=1)
    return family_of(name).fit(part, configurations(name, panel)[0])


@pytest.mark.parametrize("name", INSTALLED)
def test_first_choices_lie_in_the_space(name: str) -> None:
    family, panel = family_of(name), suited(name)
    space = forecast_space({name: family})
    for choice in family.configurations(panel, HORIZON):
        parameters: Mapping[str, Any] = {"family": name, **{f"{name}.{key}": value for key, value in choice.items()}}
        assert space.fault(parameters) is None


@pytest.mark.parametrize("name", INSTALLED)
def test_forecasts_are_finite_quantiles_near_the_history(name: str) -> None:
    panel = suited(name)
    forecast = trained(name).forecast(panel, HORIZON)
    assert forecast.shape == (len(panel), HORIZON, len(LEVELS))
    assert np.isfinite(forecast).all()
    for index in range(len(panel)):
        history = panel.history(index)
        middle, spread = history.mean(), np.ptp(history)
        assert (np.abs(forecast[index, :, MEDIAN] - middle) < 3 * spread).all()
        assert (forecast[index, :, -1] >= forecast[index, :, 0]).all()


@pytest.mark.parametrize("name", INSTALLED)
def test_a_saved_model_forecasts_the_same(name: str, tmp_path: Path) -> None:
    model, panel = trained(name), suited(name)
    model.save(tmp_path)
    inspect(tmp_path)
    loaded = family_of(name).model.load(tmp_path)
    np.testing.assert_allclose(loaded.forecast(panel, HORIZON), model.forecast(panel, HORIZON), rtol=1e-6)


@pytest.mark.parametrize("name", INSTALLED)
def test_a_forecast_knows_nothing_of_what_comes_later(name: str) -> None:
    """The values after the origin lie in the same array, and must not be looked at."""
    panel = suited(name)
    past = panel.select(np.arange(len(panel)), panel.lengths - 12)
    values = panel.values.copy()
    for index in range(len(panel)):
        values[panel.offsets[index] + past.lengths[index] : panel.offsets[index] + panel.lengths[index]] = 1e6
    model = trained(name)
    disturbed = dataclasses.replace(past, values=values)
    np.testing.assert_allclose(model.forecast(disturbed, HORIZON), model.forecast(past, HORIZON))


@pytest.mark.parametrize("name", INSTALLED)
def test_training_knows_nothing_of_what_comes_later(name: str) -> None:
    panel = suited(name)
    past = panel.select(np.arange(len(panel)), panel.lengths - 12)
    values = panel.values.copy()
    for index in range(len(panel)):
        values[panel.offsets[index] + past.lengths[index] : panel.offsets[index] + panel.lengths[index]] = 1e6
    disturbed = dataclasses.replace(past, values=values)
    choice = configurations(name, past)[0]
    forecasts = [
        family_of(name).fit(ForecastPart(panel=part, horizon=HORIZON, seed=1), choice).forecast(past, HORIZON)
        for part in (past, disturbed)
    ]
    np.testing.assert_allclose(forecasts[0], forecasts[1])


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize(
    "history",
    [np.zeros(60), np.full(60, 5.0), np.array([3.0]), np.array([1.0, 2.0, 4.0]), -seasonal(60), 1e9 * seasonal(60)],
    ids=["zeros", "constant", "one value", "three values", "negative", "large"],
)
def test_an_odd_series_among_others_is_forecast_too(name: str, history: np.ndarray) -> None:
    usual = [suited(name).history(index) for index in range(3)]
    panel = panel_of([*usual, history], seasons=suited(name).seasons)
    forecast = trained(name).forecast(panel, HORIZON)
    assert np.isfinite(forecast).all()
    assert (np.abs(forecast[-1, :, MEDIAN]) <= 10 * np.abs(history).max() + 1e-6).all()


@pytest.mark.parametrize("name", INSTALLED)
def test_a_shorter_horizon_is_the_beginning_of_the_longer_one(name: str) -> None:
    model, panel = trained(name), suited(name)
    assert model.forecast(panel, 2).shape[1] == 2


@pytest.mark.parametrize("name", INSTALLED)
def test_the_estimate_of_time_grows_with_the_series(name: str) -> None:
    panel = suited(name)
    choice = configurations(name, panel)[0]
    many = panel_of([panel.history(index % 3) for index in range(60)], seasons=panel.seasons)
    few_seconds, many_seconds = (family_of(name).seconds(some, HORIZON, choice) for some in (panel, many))
    assert 0 < few_seconds < many_seconds


def test_a_damaged_booster_is_refused_before_lightgbm_reads_it(tmp_path: Path) -> None:
    trained("lagged_boosting").save(tmp_path)
    text = (tmp_path / "booster.txt").read_text()
    (tmp_path / "booster.txt").write_text(text[: len(text) // 2])
    with pytest.raises(InputError, match="must be whole"):
        family_of("lagged_boosting").model.load(tmp_path)
