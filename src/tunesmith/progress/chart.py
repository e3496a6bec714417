"""A time series and its forecast as a chart of braille dots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.text import Text

from ..text.wording import number
from .layout import NAME, SOFT

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BLANK = 0x2800


def series_chart(
    history: Sequence[float],
    low: Sequence[float],
    middle: Sequence[float],
    high: Sequence[float],
    *,
    ends: tuple[str, str, str] = ("", "", ""),
    width: int = 60,
    height: int = 8,
) -> Text:
    """Return the chart of a history and of the forecast after it: its median, and the ends of an interval.

    Args:
        history: The last values.
        low: The lower end of the interval of each step.
        middle: The median of each step.
        high: The upper end of the interval of each step.
        ends: The times of the first value of the history, its last one, and the last one of the forecast.
        width: In characters.
        height: In lines.
    """
    known = np.asarray(history, dtype=float)
    parts = [np.asarray(part, dtype=float) for part in (low, middle, high)]
    everything = np.concatenate([known, *parts])
    bottom, top = float(everything.min()), float(everything.max())
    labels = [number(top, 4), number(bottom, 4)]
    margin = max(map(len, labels))
    total = len(known) + len(middle)
    past, future = _Canvas(width, height, total, (bottom, top)), _Canvas(width, height, total, (bottom, top))
    past.line(0, known)
    joined = [np.concatenate([known[-1:], part]) for part in parts]
    future.line(len(known) - 1, joined[1])
    for part in (joined[0], joined[2]):
        future.line(len(known) - 1, part, every=3)
    chart = Text()
    for row in range(height):
        label = labels[0] if row == 0 else labels[1] if row == height - 1 else ""
        chart.append(f"   {label:>{margin}} ", SOFT)
        for column in range(width):
            mark, ahead = past.cells[row, column], future.cells[row, column]
            chart.append(chr(_BLANK + (mark | ahead)), NAME if ahead else "")
        chart.append("\n")
    if any(ends):
        origin = round((len(known) - 1) * (width - 1) / max(total - 1, 1))
        chart.append(f"   {'':>{margin}} {_axis(ends, origin, width)}\n", SOFT)
    chart.right_crop(1)
    return chart


def _axis(ends: tuple[str, str, str], origin: int, width: int) -> str:
    """Return a line with the first time, that of the origin and the last one, without those that find no room."""
    first, middle, last = ends
    line = list(first.ljust(width))[:width]
    line[max(0, width - len(last)) :] = last[-width:]
    start = origin - len(middle) // 2
    end = start + len(middle)
    if middle and start > len(first) and end < width - len(last):
        line[start:end] = middle
    return "".join(line)


class _Canvas:
    """Dots of two columns and four rows a character."""

    def __init__(self, width: int, height: int, steps: int, bounds: tuple[float, float]) -> None:
        self.cells = np.zeros((height, width), dtype=int)
        self._steps, self._bounds = steps, bounds

    def line(self, first: int, values: np.ndarray, every: int = 1) -> None:
        """Draw a line through values at neighbouring steps; only one dot of so many."""
        height, width = self.cells.shape
        columns, rows = 2 * width - 1, 4 * height - 1
        bottom, top = self._bounds
        x = (first + np.arange(len(values))) * columns / max(self._steps - 1, 1)
        y = rows - (values - bottom) * rows / ((top - bottom) or 1.0)
        for left, right, above, below in zip(x[:-1], x[1:], y[:-1], y[1:], strict=True):
            points = max(2, int(2 * max(abs(right - left), abs(below - above))) + 1)
            for column, row in zip(np.linspace(left, right, points), np.linspace(above, below, points), strict=True):
                dot_row, dot_column = round(row), round(column)
                if dot_column % every == 0:
                    self.cells[dot_row // 4, dot_column // 2] |= _DOTS[dot_row % 4][dot_column % 2]
