"""Combinations of forecasts."""

from __future__ import annotations

import numpy as np
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.ensembles.forecast_combination import ForecastCombination, widened
from tunesmith.series.backtest import Backtest
from tunesmith.series.levels import LEVELS, MEDIAN
from tunesmith.series.scores import coverage, forecast_score

PANEL = panel_of([seasonal(120, seed=seed) for seed in range(40)])
BACKTEST = Backtest(panel=PANEL, horizon=6, windows=2)


def forecasts(error: float, seed: int, spread: float = 3.0) -> np.ndarray:
    """The truth plus noise, with quantiles around it."""
    noise = np.random.default_rng(seed).normal(scale=error, size=BACKTEST.actual.shape)
    points = BACKTEST.actual + noise
    return points[..., None] + spread * error * (np.array(LEVELS) - 0.5)


def test_two_models_with_different_errors_are_better_together() -> None:
    score = forecast_score("mase")
    members = {1: forecasts(4.0, 1), 2: forecasts(4.0, 2), 3: forecasts(40.0, 3)}
    combination = ForecastCombination.fit(BACKTEST, members, score)
    assert set(combination.weights) == {1, 2}
    assert abs(sum(combination.weights.values()) - 1) < 1e-9
    reached = score.mean(BACKTEST.actual, combination.apply(members), BACKTEST.scales)
    assert reached < min(score.mean(BACKTEST.actual, members[trial], BACKTEST.scales) for trial in (1, 2))


def test_intervals_are_widened_until_they_cover() -> None:
    members = {1: forecasts(4.0, 1, spread=0.5)}
    combination = ForecastCombination.fit(BACKTEST, members, forecast_score("mase"))
    assert combination.width > 2
    narrow, wide = coverage(BACKTEST.actual, members[1]), coverage(BACKTEST.actual, combination.apply(members))
    assert narrow < 0.5 < wide


def test_widening_keeps_the_median() -> None:
    forecast = forecasts(4.0, 1)
    np.testing.assert_allclose(widened(forecast, 2.0)[..., MEDIAN], forecast[..., MEDIAN])
