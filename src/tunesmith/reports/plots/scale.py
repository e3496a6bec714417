"""The scale of an axis: its range, and whether it is logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.arrays import Floats

DECADES = 2.0
"""Values that span more powers of ten than this get a logarithmic scale."""


@dataclass(frozen=True)
class Scale:
    """A range from `low` to `high`, both finite, `low < high`; positive if logarithmic."""

    low: float
    high: float
    log: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a value lies on the scale."""
        return self.low <= value <= self.high

    def clipped(self, value: float) -> float:
        """Return the nearest value on the scale."""
        return min(max(value, self.low), self.high)

    def position(self, value: float) -> float:
        """Return the coordinate of a value: itself or its power of ten, clipped to the scale."""
        value = self.clipped(value)
        return math.log10(value) if self.log else value

    @property
    def axis(self) -> dict[str, Any]:
        """The type and range of a plotly axis with this scale and a small margin."""
        low, high = self.position(self.low), self.position(self.high)
        margin = 0.05 * (high - low)
        return {"type": "log" if self.log else "linear", "range": [low - margin, high + margin]}


def scale_of(values: Sequence[float], sign: float = 1.0) -> Scale:
    """Return a scale that shows the bulk of the values.

    Outliers are left out: values more than 4 interquartile ranges beyond the quartile on the bad side, and more than 12
    on the good side, because good results are what the reader looks for.

    Args:
        values: Finite numbers; the scale is from 0 to 1 without any.
        sign: +1 where lower is better, -1 where higher is.

    >>> scale_of([1.0, 1.1, 1.2, 1.3, 1e300])
    Scale(low=1.0, high=1.3, log=False)
    """
    numbers = np.array(values, dtype=np.float64)
    if not len(numbers):
        return Scale(0.0, 1.0)
    within = _bulk(numbers, sign)
    if (numbers > 0).all():
        powers = _bulk(np.log10(numbers), sign)
        if np.ptp(powers) > DECADES:
            shown = numbers[np.isin(np.log10(numbers), powers)]
            return Scale(float(shown.min()), float(shown.max()), log=True)
    low, high = float(within.min()), float(within.max())
    if not low < high:
        margin = abs(low) * 0.1 or 0.5
        return Scale(low - margin, high + margin)
    return Scale(low, high)


def ticks(low: float, high: float, *, log: bool = False) -> list[float]:
    """Return about five round numbers from `low` to `high`.

    >>> ticks(0.0, 0.5)
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    >>> ticks(16, 3000, log=True)
    [100.0, 1000.0]
    >>> ticks(32, 512, log=True)
    [50.0, 100.0, 200.0, 500.0]
    """
    if log:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        parts: tuple[float, ...] = (1, 2, 5) if math.log10(high / low) < DECADES else (1,)
        every = [part * 10.0**power for power in powers for part in parts]
        marks = [tick for tick in every if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        return marks[:: math.ceil(len(marks) / 7)] if len(marks) > 1 else [low, high]
    if not (math.isfinite(high - low) and high > low):
        return [low] if low == high else [low, high]
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((part * power for part in (1, 2, 5, 10)), key=lambda step: abs(math.log(step / rough)))
    first = math.ceil(low / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, math.floor(high / step + 1e-9) + 1)]


def _bulk(numbers: Floats, sign: float) -> Floats:
    """Return the numbers without the outliers."""
    below, above = (12.0, 4.0) if sign > 0 else (4.0, 12.0)
    # Halved, because the distance between quartiles near the largest floats would overflow.
    first, third = (float(q) / 2 for q in np.quantile(numbers, [0.25, 0.75], method="nearest"))
    spread = third - first
    with np.errstate(over="ignore"):
        kept = (numbers / 2 >= first - below * spread) & (numbers / 2 <= third + above * spread)
    return numbers[kept]
