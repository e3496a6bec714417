"""Metrics of forecasts with confidence intervals, from bootstrap samples of series or of windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.arrays import Floats, Indices
from ...series.backtest import Backtest
from ...series.scores import SCORES, ForecastScore, coverage
from .intervals import Interval

_SAMPLES = 200
_MOST_ROWS = 1_000
_ENOUGH_SERIES = 10
_ENDS = (2.5, 97.5)  # Percent.


def resamples_series(backtest: Backtest) -> bool:
    """Return whether samples are of whole series, as windows of one series are alike; else of windows."""
    return len(np.unique(backtest.series)) >= _ENOUGH_SERIES


def forecast_intervals(backtest: Backtest, forecast: Floats, first: str) -> list[Interval]:
    """Return the metrics of forecasts of a backtest, the chosen one first, with 95 % intervals (Efron 1979).

    Args:
        backtest: The windows.
        forecast: Quantiles, shape `(rows, steps, levels)`.
        first: The name of the metric that the model was chosen by.
    """
    scores = [SCORES[first], *(score for name, score in SCORES.items() if name != first)]
    samples = list(_samples(backtest))
    found = [_interval(score, backtest, forecast, samples) for score in scores]
    return [interval for interval in found if interval is not None]


def coverages(backtest: Backtest, forecast: Floats) -> list[tuple[str, float]]:
    """Return how often what was observed lay in an interval, by the share that it should hold."""
    return [
        ("80 %", coverage(backtest.actual, forecast, 0.1, 0.9)),
        ("90 %", coverage(backtest.actual, forecast, 0.05, 0.95)),
    ]


def _samples(backtest: Backtest) -> Sequence[Indices]:
    """Return the rows of each sample, at most `_MOST_ROWS` or those of a series more."""
    random, rows = np.random.default_rng(0), len(backtest.series)
    if not resamples_series(backtest):
        return [random.integers(0, rows, min(rows, _MOST_ROWS)) for _ in range(_SAMPLES)]
    order = np.argsort(backtest.series, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(backtest.series[order])) + 1)
    drawn = max(2, min(len(groups), _MOST_ROWS * len(groups) // rows))
    return [
        np.concatenate([groups[number] for number in random.integers(0, len(groups), drawn)]) for _ in range(_SAMPLES)
    ]


def _interval(
    score: ForecastScore, backtest: Backtest, forecast: Floats, samples: Sequence[Indices]
) -> Interval | None:
    actual, scales = backtest.actual, backtest.scales
    value = score.mean(actual, forecast, scales)
    if not np.isfinite(value):
        return None
    if len(actual) < 2:
        return Interval(metric=score.name, value=value, low=None, high=None)
    values = np.array([score.mean(actual[rows], forecast[rows], scales[rows]) for rows in samples])
    values = values[np.isfinite(values)]
    if len(values) < _SAMPLES // 2:
        return Interval(metric=score.name, value=value, low=None, high=None)
    low, high = np.percentile(values, _ENDS)
    narrower = min(1.0, float(np.sqrt(np.mean([len(rows) for rows in samples]) / len(actual))))
    return Interval(
        metric=score.name,
        value=value,
        low=float(value + (low - value) * narrower),  # A sample of fewer rows spreads more.
        high=float(value + (high - value) * narrower),
    )
