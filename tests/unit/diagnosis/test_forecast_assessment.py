"""How good forecasts are in a backtest."""

from __future__ import annotations

import numpy as np
import pytest
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.diagnosis.forecast_assessment import ForecastAssessment
from tunesmith.series.analysis import analyse_series
from tunesmith.series.backtest import Backtest
from tunesmith.series.levels import LEVELS, MEDIAN

OFFSETS = np.array(LEVELS) - 0.5


def assessed(missing: int = 0) -> ForecastAssessment:
    """Two series of two windows: forecasts are off by 1 in the first series and by 3 in the second one."""
    panel = panel_of([seasonal(60), seasonal(72, seed=1)])
    if missing:
        observed = np.ones(len(panel.values), dtype=bool)
        observed[60 - missing : 60] = False
        panel = type(panel)(**{**vars(panel), "observed": observed})
    backtest = Backtest(panel=panel, horizon=6, windows=2)
    shown = panel_of([seasonal(60), seasonal(72, seed=1)])
    truth = np.nan_to_num(Backtest(panel=shown, horizon=6, windows=2).actual)
    off = np.where(backtest.series == 0, 1.0, 3.0)
    forecast = (truth + off[:, None])[..., None] + 8 * OFFSETS
    baseline = (truth + 2.0)[..., None] + 8 * OFFSETS
    return ForecastAssessment(
        metric="mae",
        backtest=backtest,
        forecast=forecast,
        single=forecast,
        baseline=baseline,
        future=forecast[:2],
        rows=[],
        analysis=analyse_series(panel, 6),
    )


def test_metrics_are_those_of_the_forecast_the_best_model_and_the_baseline() -> None:
    assert assessed().metrics["mae"] == pytest.approx((2.0, 2.0, 2.0))
    assert next(iter(assessed().metrics)) == "mae"


def test_errors_by_series_step_and_window_are_means_of_the_same_errors() -> None:
    assessment = assessed()
    first, second = assessment.errors_by_series
    assert first < assessment.baseline_by_series[0]
    assert second > assessment.baseline_by_series[1]
    steps, windows = assessment.errors_by_step[0], assessment.errors_by_window[0]
    assert steps.shape == (6,)
    assert windows.shape == (2,)
    assert steps.mean() == pytest.approx(windows.mean())
    assert steps.mean() == pytest.approx((first + second) / 2)


def test_values_lie_below_the_upper_quantiles() -> None:
    below = assessed().shares_below
    assert below[MEDIAN] == 1  # Every forecast is too high.
    assert below[LEVELS.index(0.2)] == 0.5  # 2.4 below the forecast: too high for the second series alone.
    assert below[0] == 0


def test_what_is_missing_does_not_count() -> None:
    assessment = assessed(missing=6)  # The last window of the first series.
    assert np.isfinite(assessment.errors_by_series).all()
    assert np.isfinite(assessment.errors_by_step[0]).all()
    assert assessment.metrics["mae"][0] == pytest.approx((1 + 3 + 3) / 3)
