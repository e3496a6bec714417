"""Metrics of forecasts, by their usual names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats
from ..errors import InputError, nearest
from .levels import LEVELS, MEDIAN

DEFAULT = "mase"


@dataclass(frozen=True, kw_only=True)
class ForecastScore:
    """A metric of forecasts.

    Args:
        name: Its name.
        function: Takes what was observed, NaN where missing, shape `(rows, horizon)`; forecasts, shape
            `(rows, horizon, levels)`; and the scales of the rows, shape `(rows, 2)`, see `scales_of`.
        summary: The metric in one sentence.
    """

    name: str
    function: Callable[[Floats, Floats, Floats], float]
    summary: str

    def mean(self, actual: Floats, forecast: Floats, scales: Floats) -> float:
        """Return the metric, smaller is better; NaN if nothing was observed."""
        return self.function(actual, forecast, scales)


def _row_mean(errors: Floats) -> float:
    """Return the mean over rows of the mean over steps, without what is NaN."""
    known = ~np.isnan(errors)
    counts = known.sum(axis=1)
    sums = np.where(known, errors, 0.0).sum(axis=1)
    rows = counts > 0
    return float((sums[rows] / counts[rows]).mean()) if rows.any() else float("nan")


def _errors(actual: Floats, forecast: Floats) -> Floats:
    return actual - forecast[..., MEDIAN]


def mae(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the mean absolute error."""
    return _row_mean(np.abs(_errors(actual, forecast)))


def mse(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the mean squared error."""
    return _row_mean(_errors(actual, forecast) ** 2)


def rmse(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(mse(actual, forecast, scales)))


def mape(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the mean absolute error relative to what was observed, in percent; zeros are left out."""
    sizes = np.where(actual == 0, np.nan, np.abs(actual))
    return 100 * _row_mean(np.abs(_errors(actual, forecast)) / sizes)


def smape(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the mean absolute error relative to the mean of observation and forecast, in percent from 0 to 200."""
    errors, sizes = np.abs(_errors(actual, forecast)), np.abs(actual) + np.abs(forecast[..., MEDIAN])
    return 200 * _row_mean(np.divide(errors, sizes, out=np.where(np.isnan(errors), np.nan, 0.0), where=sizes > 0))


def mase(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the mean absolute error relative to that of repeating the last season in the history."""
    return _row_mean(np.abs(_errors(actual, forecast)) / scales[:, :1])


def rmsse(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the root of the mean squared error relative to that of repeating the last season, averaged over rows."""
    squares = _errors(actual, forecast) ** 2 / scales[:, 1:]
    known = ~np.isnan(squares)
    rows = known.any(axis=1)
    means = np.where(known, squares, 0.0).sum(axis=1)[rows] / known.sum(axis=1)[rows]
    return float(np.sqrt(means).mean()) if rows.any() else float("nan")


def wql(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the weighted quantile loss: twice the sum of all pinball losses over that of absolute values."""
    total = float(np.nansum(np.abs(actual)))
    sums = np.nansum(_pinball(actual, forecast), axis=(0, 1))
    return float(2 * sums.mean() / (total or 1.0))


def sql(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the scaled quantile loss: twice the pinball loss, relative as in MASE."""
    return _row_mean(2 * _pinball(actual, forecast).mean(axis=-1) / scales[:, :1])


def _pinball(actual: Floats, forecast: Floats) -> Floats:
    """Return the pinball loss of each quantile, shape `(rows, horizon, levels)`."""
    levels = np.array(LEVELS)
    errors = actual[..., None] - forecast
    return np.maximum(levels * errors, (levels - 1) * errors)


def coverage(actual: Floats, forecast: Floats, low: float = 0.1, high: float = 0.9) -> float:
    """Return the share of what was observed that lies between two quantiles.

    Args:
        actual: What was observed, NaN where missing, shape `(rows, horizon)`.
        forecast: Quantiles, shape `(rows, horizon, levels)`.
        low: The level of the lower quantile, one of `LEVELS`.
        high: That of the upper one.
    """
    known = ~np.isnan(actual)
    inside = (forecast[..., LEVELS.index(low)] <= actual) & (actual <= forecast[..., LEVELS.index(high)])
    return float(inside[known].mean()) if known.any() else float("nan")


SCORES: dict[str, ForecastScore] = {
    name: ForecastScore(name=name, function=function, summary=(function.__doc__ or "").removeprefix("Return "))
    for name, function in {
        "mase": mase,
        "smape": smape,
        "rmsse": rmsse,
        "mae": mae,
        "mse": mse,
        "rmse": rmse,
        "mape": mape,
        "wql": wql,
        "sql": sql,
    }.items()
}
"""The metrics by name; all are minimised."""
ALIASES = {
    "mean_absolute_error": "mae",
    "mean_absolute_percentage_error": "mape",
    "mean_absolute_scaled_error": "mase",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "root_mean_squared_scaled_error": "rmsse",
    "scaled_quantile_loss": "sql",
    "symmetric_mean_absolute_percentage_error": "smape",
    "weighted_quantile_loss": "wql",
}
"""Further names of metrics."""


def forecast_score(name: str | None) -> ForecastScore:
    """Return a metric; MASE by default.

    Args:
        name: Its name or an alias, in any case.

    Raises:
        InputError: There is no such metric.

    >>> forecast_score("sMAPE").name
    'smape'
    """
    if name is None:
        return SCORES[DEFAULT]
    plain = re.sub(r"[^a-z0-9]+", "_", name.strip().lower())
    chosen = ALIASES.get(plain, plain)
    if chosen not in SCORES:
        raise InputError(
            f"the metric of forecasts must be one of {', '.join(SCORES)}, got '{name}'.{nearest(plain, SCORES)}",
            keys=("metric",),
        )
    return SCORES[chosen]
