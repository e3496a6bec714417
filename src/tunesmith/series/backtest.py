"""Rolling-origin evaluation: forecasts of the last windows, each from what was known before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.arrays import Floats, Indices
from .bounds import floors
from .panel import Panel

_LEAST_HISTORY = 4
_MUCH_MORE = 1.15  # Times as many values.
_MOST_SERIES = 1_000  # Of a window: more tell little more, and local models take their time for each.


@dataclass(frozen=True, kw_only=True)
class Window:
    """One window of a backtest.

    Args:
        series: The numbers of the series that are long enough, shape `(rows,)`.
        history: These series up to the origin.
    """

    series: Indices
    history: Panel


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """The last windows of each series. A row is one window of one series, the latest windows first.

    Of many series an even selection is evaluated.

    Args:
        panel: The series.
        horizon: The steps of a forecast, and of a window, unless all series are shorter.
        windows: The most windows of a series. Those of a short one are fewer, so that enough history is left.
        stride: The steps from one window to the next; None for those of a window, so that they do not overlap.
    """

    panel: Panel
    horizon: int
    windows: int
    stride: int | None = None

    @property
    def steps(self) -> int:
        """The steps of a window: the horizon, or what the longest series leaves room for."""
        longest = int(self.panel.lengths.max())
        return max(1, min(self.horizon, longest - min(_LEAST_HISTORY, longest - 1)))

    @cached_property
    def parts(self) -> Sequence[Window]:
        """The windows, the latest first; the first has at least one row."""
        chosen = np.arange(len(self.panel))
        if len(chosen) > _MOST_SERIES:
            chosen = np.flatnonzero(self._lengths(0) >= self._least(0))
            count = min(len(chosen), _MOST_SERIES)
            chosen = chosen[np.linspace(0, len(chosen) - 1, count).astype(int)]
        parts = []
        for number in range(self.windows):
            lengths = self._lengths(number)
            series = chosen[lengths[chosen] >= self._least(number)]
            if not len(series):
                break
            parts.append(Window(series=series, history=self.panel.select(series, lengths[series])))
        return parts

    @property
    def distinct_windows(self) -> float:
        """How many windows would cover the same steps without an overlap, 1 or more: overlapping ones tell less."""
        apart = min(1.0, (self.stride or self.steps) / self.steps)
        return 1 + (len(self.parts) - 1) * apart

    def before(self, number: int) -> Panel:
        """Return all series that are long enough, up to the origin of a window."""
        lengths = self._lengths(number)
        series = np.flatnonzero(lengths >= self._least(number))
        return self.panel.select(series, lengths[series])

    @property
    def trainings(self) -> Sequence[int]:
        """For each window, the one before which a model of all series is trained.

        That is the earliest one, or a later one where much more is known: a model that was trained on half of the
        values of short series says little about one that is trained on nearly all.
        """
        number = len(self.parts) - 1
        trainings = [number]
        for later in reversed(range(number)):
            if self.before(later).lengths.sum() > _MUCH_MORE * self.before(number).lengths.sum():
                number = later
            trainings.append(number)
        return trainings[::-1]

    def _lengths(self, number: int) -> Indices:
        """Return the number of values of each series before a window."""
        return np.asarray(self.panel.lengths - self.steps - number * (self.stride or self.steps))

    def _least(self, number: int) -> int:
        """Return the number of values that a series must have before a window."""
        first = min(_LEAST_HISTORY, int(self.panel.lengths.max()) - 1)
        return first if number == 0 else max(2 * self.steps, 2 * self.panel.season, _LEAST_HISTORY)

    @cached_property
    def actual(self) -> Floats:
        """What was observed, NaN where it is missing; shape `(rows, steps)`."""
        rows = [
            self.panel.known_values(index)[length : length + self.steps]
            for part in self.parts
            for index, length in zip(part.series, part.history.lengths, strict=True)
        ]
        return np.array(rows).reshape(-1, self.steps)

    @cached_property
    def floors(self) -> Floats:
        """What the forecasts of each row must not be below, see `floors`; shape `(rows,)`."""
        return np.concatenate([floors(part.history) for part in self.parts]) if self.parts else np.empty(0)

    @cached_property
    def series(self) -> Indices:
        """The number of the series of each row, shape `(rows,)`."""
        return np.concatenate([part.series for part in self.parts]) if self.parts else np.empty(0, dtype=np.intp)

    @cached_property
    def scales(self) -> Floats:
        """The mean absolute and the mean squared seasonal difference of each history, shape `(rows, 2)`."""
        season = self.panel.season
        rows = [scales_of(part.history.history(row), season) for part in self.parts for row in range(len(part.series))]
        return np.array(rows).reshape(-1, 2)


def scales_of(history: Floats, season: int) -> tuple[float, float]:
    """Return the mean absolute and the mean squared difference of values a season apart.

    They divide the errors in MASE and RMSSE (Hyndman and Koehler 2006; Makridakis et al. 2022). Values that are shorter
    than a season, or repeat it exactly, are compared with their neighbours. Of constant values it is their size, or 1.
    """
    for lag in (season, 1):
        differences = history[lag:] - history[:-lag]
        if len(differences) and np.any(differences):
            return float(np.abs(differences).mean()), float((differences**2).mean())
    size = float(abs(history[-1])) or 1.0
    return size, size**2
