"""Where forecasts are weak: each weakness is planted, and none is found in forecasts that have none."""

from __future__ import annotations

import numpy as np
import pytest
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.diagnosis.forecast_assessment import ForecastAssessment
from tunesmith.diagnosis.forecast_weaknesses import forecast_weaknesses
from tunesmith.series.analysis import analyse_series
from tunesmith.series.backtest import Backtest
from tunesmith.series.levels import LEVELS

SERIES, HORIZON, WINDOWS = 12, 8, 3
BACKTEST = Backtest(
    panel=panel_of([seasonal(96, seed=seed) for seed in range(SERIES)]), horizon=HORIZON, windows=WINDOWS
)
ROWS = len(BACKTEST.actual)


def around(middle: np.ndarray, width: float = 3.0) -> np.ndarray:
    """Quantiles that lie at even distances around a forecast, the outer ones `width` apart from it."""
    return np.asarray(middle[..., None] + width * (2 * np.array(LEVELS) - 1) / 0.9)


def noise(size: float = 1.0) -> np.ndarray:
    return np.asarray(size * np.random.default_rng(1).normal(size=(ROWS, HORIZON)))


GOOD = BACKTEST.actual + noise()


def kinds(middle: np.ndarray, *, width: float = 1.7, baseline: float = 4.0) -> dict[str, str]:
    """The kinds of weaknesses and their severity, of forecasts beside a baseline with errors of some size."""
    forecast = around(middle, width)
    assessment = ForecastAssessment(
        metric="mase",
        backtest=BACKTEST,
        forecast=forecast,
        single=forecast,
        baseline=around(BACKTEST.actual + noise(baseline)),
        future=forecast[:SERIES],
        rows=(),
        analysis=analyse_series(BACKTEST.panel, HORIZON),
    )
    return {one.kind: one.severity for one in forecast_weaknesses(assessment)}


def test_good_forecasts_have_none() -> None:
    assert ROWS == SERIES * WINDOWS
    assert kinds(GOOD) == {}


def test_no_better_than_the_baseline() -> None:
    assert kinds(GOOD, baseline=0.5) == {"no_gain": "warning", "weak_series": "warning"}


@pytest.mark.parametrize(("width", "severity"), [(0.3, "warning"), (8.0, "info")])
def test_intervals_of_the_wrong_width(width: float, severity: str) -> None:
    assert kinds(GOOD, width=width) == {"intervals": severity}


@pytest.mark.parametrize("shift", [-0.8, 0.8])
def test_forecasts_on_one_side(shift: float) -> None:
    assert kinds(GOOD + shift, width=1.9) == {"bias": "info"}


def test_a_few_series_with_most_of_the_error() -> None:
    wild = np.where((BACKTEST.series == 3)[:, None], noise(20.0), 0.0)
    assert kinds(GOOD + wild)["few_hard_series"] == "warning"


def test_errors_that_grow_with_the_step() -> None:
    assert kinds(BACKTEST.actual + noise() * np.linspace(0.2, 2.0, HORIZON)) == {"horizon": "info"}


def test_a_latest_window_that_is_worse() -> None:
    latest = np.arange(ROWS)[:, None] < SERIES
    assert kinds(BACKTEST.actual + noise() * np.where(latest, 2.5, 1.0), width=2.5)["window"] == "info"
