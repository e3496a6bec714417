"""How the forecasts of trials are combined: weights, and the width of intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from ..core.arrays import Floats, Indices
from ..series.backtest import Backtest
from ..series.levels import MEDIAN, sorted_levels
from ..series.scores import ForecastScore, sql
from .greedy import Fits, select

_WIDTHS = np.geomspace(0.1, 10.0, 61)
_FEW_ROWS = 20  # With so many the width is half as far from 1 as the backtest says.


@dataclass(frozen=True, kw_only=True)
class ForecastCombination:
    """A weighted mean of quantiles, whose distances from the median are multiplied.

    Args:
        weights: The weight of each member, by trial; they sum to 1.
        width: What the distances of quantiles from the median are multiplied by, above 0.
    """

    weights: Mapping[int, float]
    width: float = 1.0

    @classmethod
    def fit(
        cls,
        backtest: Backtest,
        forecasts: Mapping[int, Floats],
        score: ForecastScore,
        *,
        fits: Fits = lambda members: True,
        costs: Mapping[int, float] | None = None,
    ) -> Self:
        """Return the combination of trials with the best score in a backtest.

        Args:
            backtest: The windows.
            forecasts: The forecasts of its rows by trial, shape `(rows, horizon, levels)` each.
            score: The metric.
            fits: Tells which members are allowed together.
            costs: What a forecast costs by trial; all the same by default.
        """
        actual, scales = backtest.actual, backtest.scales
        shape = next(iter(forecasts.values())).shape[1:]
        flat = {trial: forecast.reshape(len(forecast), -1).astype(np.float64) for trial, forecast in forecasts.items()}

        def loss(predicted: Floats, rows: Indices | slice) -> float:
            value = score.mean(actual[rows], predicted[rows].reshape(-1, *shape), scales[rows])
            return value if np.isfinite(value) else 0.0

        weights = select(flat, loss, fits, costs)
        mean = np.asarray(sum(share * flat[trial] for trial, share in weights.items())).reshape(-1, *shape)
        return cls(weights=weights, width=_width(actual, mean, scales))

    def apply(self, forecasts: Mapping[int, Floats]) -> Floats:
        """Return the combined forecast, shape `(rows, horizon, levels)`.

        Args:
            forecasts: Those of the members by trial, shape `(rows, horizon, levels)` each.
        """
        mean = np.asarray(sum(weight * forecasts[trial] for trial, weight in self.weights.items()), dtype=np.float64)
        return np.asarray(sorted_levels(widened(mean, self.width)))


def widened(forecast: Floats, width: float) -> Floats:
    """Return a forecast whose quantiles are farther from the median, by a factor."""
    middle = forecast[..., MEDIAN : MEDIAN + 1]
    return np.asarray(middle + width * (forecast - middle))


def _width(actual: Floats, forecast: Floats, scales: Floats) -> float:
    """Return the factor with the least quantile loss, nearer to 1 where there are few rows."""
    losses = [sql(actual, widened(forecast, width), scales) for width in _WIDTHS]
    if not np.isfinite(losses).any():
        return 1.0
    best = float(_WIDTHS[int(np.nanargmin(losses))])
    return float(best ** (len(actual) / (len(actual) + _FEW_ROWS)))
