"""What kind of time series these are: trend, season, stationarity, zeros, jumps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from ..core.arrays import Floats
from .panel import Panel
from .seasons import seasonal_strength, without_season

_MOST_SERIES = 300  # That are looked at.
_MOST_VALUES = 5_000  # Of a series, the latest.
_CRITICAL = 0.463  # Of the KPSS test of a level at 5 % (Kwiatkowski et al. 1992, table 1).
_MOST_DIFFERENCES = 2
_JUMP = 8.0  # Times the usual size of a change.
_SIDE = 8  # Values on each side of a jump that must lie on different levels.


@dataclass(frozen=True, kw_only=True)
class SeriesTraits:
    """The traits of one series, or the medians of many.

    Args:
        length: The number of values.
        trend: The share of the variance that a smooth trend explains, 0 to 1.
        seasons: The strength of each season by its length; see `seasonal_strength`.
        differences: How often it must be differenced until it is stationary by the KPSS test, 0 to 2.
        autocorrelation: That of neighbouring values after the seasons are taken out, -1 to 1.
        zeros: The share of zeros.
        demand_interval: The mean number of steps from one value that is not 0 to the next.
        demand_variation: The squared coefficient of variation of values that are not 0.
        jump: Where the level jumps, by its step; None if it does not.
    """

    length: float
    trend: float
    seasons: Mapping[int, float]
    differences: float
    autocorrelation: float
    zeros: float
    demand_interval: float
    demand_variation: float
    jump: int | None = None

    @property
    def demand(self) -> str:
        """The pattern of demand: `smooth`, `erratic`, `intermittent` or `lumpy` (Syntetos, Boylan and Croston 2005)."""
        often, steady = self.demand_interval < 1.32, self.demand_variation < 0.49
        return {(True, True): "smooth", (True, False): "erratic", (False, True): "intermittent"}.get(
            (often, steady), "lumpy"
        )

    @classmethod
    def of(cls, history: Floats, seasons: tuple[int, ...]) -> Self:
        """Return the traits of one series.

        Args:
            history: Its values, at least two; shape `(length,)`.
            seasons: The lengths of its seasons, in steps.
        """
        left = history
        strengths = {}
        for season in seasons:
            strengths[season] = seasonal_strength(left, season) if len(left) > 2 * season else 0.0
            left = without_season(left, season)
        demands = history[history != 0]
        return cls(
            length=len(history),
            trend=_trend(left),
            seasons=strengths,
            differences=differences_needed(left),
            autocorrelation=_autocorrelation(left),
            zeros=float(np.mean(history == 0)),
            demand_interval=len(history) / max(len(demands), 1),
            demand_variation=float((demands.std() / demands.mean()) ** 2) if len(demands) and demands.mean() else 0.0,
            jump=_jump(left),
        )

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**asdict(self), "seasons": {str(length): value for length, value in self.seasons.items()}}


def traits_of(panel: Panel) -> list[SeriesTraits]:
    """Return the traits of the series of a panel with two or more values, or of an even sample of many."""
    return [
        SeriesTraits.of(np.asarray(panel.history(index)[-_MOST_VALUES:], dtype=np.float64), panel.seasons)
        for index in panel.sample(_MOST_SERIES, least=2)
    ]


def differences_needed(values: Floats) -> int:
    """Return how often values must be differenced until the KPSS test finds their level constant, 0 to 2."""
    for times in range(_MOST_DIFFERENCES):
        if len(values) < 8 or not values.std() or kpss(values) < _CRITICAL:
            return times
        values = np.diff(values)
    return _MOST_DIFFERENCES


def kpss(values: Floats) -> float:
    """Return the KPSS statistic of a constant level (Kwiatkowski, Phillips, Schmidt and Shin 1992).

    The variance is that of Newey and West with `4 (n / 100) ** 0.25` lags.

    Args:
        values: Not all the same, shape `(n,)`.
    """
    errors = values - values.mean()
    lags = int(4 * (len(values) / 100) ** 0.25)
    variance = float(errors @ errors)
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * float(errors[lag:] @ errors[:-lag])
    return float((np.cumsum(errors) ** 2).sum() / (len(values) * max(variance, 1e-300)))


def _trend(values: Floats) -> float:
    """Return the share of the variance that a moving average over a tenth of the values explains."""
    width = max(3, len(values) // 10)
    if len(values) < 2 * width or not values.var():
        return 0.0
    smooth = np.convolve(values, np.full(width, 1 / width), mode="valid")
    rest = values[width // 2 : width // 2 + len(smooth)] - smooth
    return float(max(0.0, 1 - rest.var() / values.var()))


def _autocorrelation(values: Floats) -> float:
    around = values - values.mean()
    total = float(around @ around)
    return float(around[1:] @ around[:-1]) / total if total else 0.0


def _jump(values: Floats) -> int | None:
    """Return the step at which the level jumps by far more than it usually changes, and stays there."""
    if len(values) < 4 * _SIDE:
        return None
    changes = np.diff(values)
    usual = 1.4826 * float(np.median(np.abs(changes - np.median(changes))))
    if not usual:
        return None
    inner = np.abs(changes[_SIDE - 1 : -_SIDE + 1])
    step = int(inner.argmax()) + _SIDE
    before, after = values[step - _SIDE : step], values[step : step + _SIDE]
    apart = abs(float(np.median(after) - np.median(before)))
    return step if inner.max() > _JUMP * usual and apart > 0.5 * _JUMP * usual else None
