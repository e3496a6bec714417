"""Models that statsforecast fits, and the additive one: seasons, intervals, and what cannot be fitted."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith import plugins
from tunesmith.core.trial import Value
from tunesmith.forecasters.base import ForecastPart
from tunesmith.series.levels import LEVELS, MEDIAN

HORIZON = 12
LOW, HIGH = LEVELS.index(0.1), LEVELS.index(0.9)


def forecast_of(name: str, history: np.ndarray, seasons: tuple[int, ...] = (), **parameters: Value) -> np.ndarray:
    """The forecast of one series, shape `(steps, levels)`."""
    family = plugins.load("forecasters", name)()
    if family.profile.lacks_modules:
        pytest.skip(family.profile.missing())
    panel = panel_of([history], seasons=seasons)
    usual: Mapping[str, Any] = next(iter(family.configurations(panel_of([seasonal(60)]), HORIZON)), {})
    model = family.fit(ForecastPart(panel=panel, horizon=HORIZON, seed=0), {**usual, **parameters})
    result: np.ndarray = model.forecast(panel, HORIZON)[0]
    return result


def noisy(seed: int, *, length: int = 120, form: str = "additive") -> np.ndarray:
    """A season of twelve steps that is ten times as large as the noise, which has a deviation of 1."""
    steps = np.arange(length)
    wave = np.sin(2 * np.pi * steps / 12)
    noise = np.random.default_rng(seed).normal(size=length)
    return 10 * wave + noise if form == "additive" else 100 * np.exp(0.1 * wave + 0.01 * noise)


def test_a_seasonal_average_has_the_level_of_the_last_season_and_the_shape_of_all() -> None:
    """The last of four seasons is higher by 30 and has an accident in one step, of which a quarter is left."""
    shape = np.arange(12.0)
    history = np.concatenate([shape, shape + 10, shape + 20, shape + 30])
    history[-1] += 12
    forecast = forecast_of("seasonal_average", history, (12,), season=1, cycles=4)[:, MEDIAN]
    expected = shape + 30 + 12 / 12 - 12 / 48
    expected[-1] += 12 / 4
    np.testing.assert_allclose(forecast, expected)


def test_a_seasonal_average_takes_as_many_seasons_as_there_are() -> None:
    history = noisy(0, length=30)
    two, twelve = (forecast_of("seasonal_average", history, (12,), season=1, cycles=number) for number in (2, 12))
    np.testing.assert_array_equal(two, twelve)


@pytest.mark.parametrize("form", ["additive", "multiplicative"])
@pytest.mark.parametrize("name", ["theta", "ets", "mstl", "additive", "tbats"])
def test_intervals_are_as_wide_as_the_noise(name: str, form: str) -> None:
    """The interval of 80 % of noise is 2.56 deviations wide; the season is not part of it."""
    forecast = forecast_of(name, noisy(0, form=form), (12,))
    truth = noisy(0, length=120 + HORIZON, form=form)[120:]
    width = (forecast[:, HIGH] - forecast[:, LOW]).mean()
    assert 1.7 < width < 5.0
    assert np.abs(forecast[:, MEDIAN] - truth).mean() < 2.5


@pytest.mark.parametrize(("name", "least"), [("theta", 2.5), ("ets", 2.5), ("arima", 1.3), ("additive", 1.1)])
def test_intervals_grow_where_values_wander(name: str, least: float) -> None:
    """Those of a random walk are 3.46 times as wide after twelve steps."""
    history = 100 + np.cumsum(np.random.default_rng(1).normal(size=150))
    forecast = forecast_of(name, history)
    widths = forecast[:, HIGH] - forecast[:, LOW]
    assert least < widths[-1] / widths[0] < 4.5
    assert 1.8 < widths[0] < 4.5


@pytest.mark.parametrize("form", ["ZZZ", "ZAZ", "AZA", "ZNZ"])
@pytest.mark.parametrize("damped", ["auto", "always", "never"])
@pytest.mark.parametrize("seasons", [(), (12,)], ids=["no season", "season"])
def test_every_form_of_ets_can_be_fitted(
    form: str, damped: str, seasons: tuple[int, ...], caplog: pytest.LogCaptureFixture
) -> None:
    history = 100 + np.cumsum(np.random.default_rng(2).normal(size=60))
    with caplog.at_level(logging.INFO, logger="tunesmith.forecasters"):
        forecast_of("ets", history, seasons, form=form, damped=damped)
    assert not caplog.messages


@pytest.mark.parametrize("form", ["optimized", "sba", "tsb", "adida", "imapa"])
def test_quantiles_of_intermittent_demand_are_those_of_the_demand(form: str) -> None:
    """Three of five values are 0, and one of eleven is above 1."""
    drawn = np.random.default_rng(3).poisson(0.5, size=400).astype(float)
    history, truth = drawn[:300], drawn[300:]
    forecast = forecast_of("croston", history, form=form)
    assert (np.diff(forecast, axis=1) >= 0).all()
    assert 0.1 < forecast[0, MEDIAN] < 0.9
    assert (forecast[:, LOW] == 0).all()
    assert 1 <= forecast[0, HIGH] <= 2
    assert np.mean(truth <= forecast[0, HIGH]) > 0.85


def test_an_additive_model_of_many_parts_for_few_values_is_not_sure_of_itself() -> None:
    """The errors in the history are small only because each part was fitted to them."""
    few, many = (forecast_of("additive", noisy(4, length=36), (12,), form="additive", breaks=b) for b in (0, 30))
    for forecast in (few, many):
        assert (forecast[:, HIGH] - forecast[:, LOW] > 1.8).all()


@pytest.mark.parametrize("name", ["theta", "ets", "ces", "mstl", "tbats", "arima", "additive"])
@pytest.mark.parametrize(
    "history",
    [seasonal(25), -seasonal(40), np.r_[np.zeros(30), 5.0], seasonal(6)],
    ids=["two seasons", "negative", "one value that is not 0", "six values"],
)
def test_a_series_that_does_not_suit_is_forecast_all_the_same(name: str, history: np.ndarray) -> None:
    forecast = forecast_of(name, history, (12,))
    assert np.isfinite(forecast).all()
    assert (np.diff(forecast, axis=1) >= 0).all()
    assert np.abs(forecast[:, MEDIAN]).max() <= 3 * np.abs(history).max()


@pytest.mark.parametrize("name", ["ets", "ces", "arima"])
def test_a_season_that_is_modelled_takes_longer_to_fit(name: str) -> None:
    family = plugins.load("forecasters", name)()
    panels = [panel_of([seasonal(120)], seasons=seasons) for seasons in ((), (200,), (12,))]
    choice = family.configurations(panels[0], HORIZON)[0]
    without, too_long, modelled = (family.seconds(panel, HORIZON, choice) for panel in panels)
    assert without == too_long < modelled
