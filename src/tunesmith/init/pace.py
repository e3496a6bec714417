"""How fast a training goes on, from when its output counts epochs, steps, or the positions in a loop."""

from __future__ import annotations

import re
from statistics import median
from typing import Literal

from ..tasks.command.printed_counters import counters_in
from .tryout import Pace

_NUMBER = r"""["']?\W{0,4}?(?<![-.])(\d{1,9})(?:\.\d*)?(?:\s*(?:/|of)\s*(\d{1,9}))?"""
_COUNTERS: dict[Literal["epoch", "step"], re.Pattern[str]] = {
    "epoch": re.compile(r"(?<!best )(?<!from )\bepoch\b" + _NUMBER, re.IGNORECASE),
    "step": re.compile(r"\b(?:global_?step|step|iter(?:ation)?|round|batch)\b" + _NUMBER, re.IGNORECASE),
}
_LEADING = re.compile(r"^\s*\[(\d{1,9})\](?=\s)()")
_MOST_TIMES = 10_000


class EpochClock:
    """Notes when each epoch is named first; where there are too few, each step, or position in a loop as `45/100`.

    An epoch that is not over yet is extrapolated from the position in it.

    >>> clock = EpochClock()
    >>> for second, line in enumerate(["epochs: 9", "Epoch [1/4] loss 0.5", "Epoch [2/4] loss 0.4", "best epoch 7"]):
    ...     clock.read(line, at=2.0 * second)
    >>> clock.pace()
    Pace(unit='epoch', seconds=2.0, last=2, total=4)
    """

    def __init__(self) -> None:
        self._counts: dict[Literal["epoch", "step"], _Count] = {"epoch": _Count(), "step": _Count()}
        self._position = _Count()

    def read(self, line: str, at: float) -> None:
        """Take a line of output and the moment at which it came."""
        for unit, pattern in _COUNTERS.items():
            match = pattern.search(line) or (_LEADING.match(line) if unit == "step" else None)
            if match is not None:
                self._counts[unit].note(int(match[1]), int(match[2]) if match[2] else None, at)
        counters = counters_in(line)
        if counters.position is not None:
            self._position.note(counters.position, counters.length, at)

    def note(self, unit: Literal["epoch", "step"], number: int, at: float) -> None:
        """Take a number from elsewhere, as from a report."""
        self._counts[unit].note(number, None, at)

    def pace(self) -> Pace | None:
        """Return the pace, or None if nothing was counted twice."""
        epoch, step, position = self._counts["epoch"], self._counts["step"], self._position
        if epoch.times:
            return Pace(unit="epoch", seconds=median(epoch.times), last=epoch.last, total=epoch.total)
        if position.times and position.total and epoch.last >= 0:
            whole = position.total * median(position.times)
            return Pace(unit="epoch", seconds=whole, last=max(0, epoch.last - 1), total=epoch.total)
        for count in (step, position):
            if count.times:
                return Pace(unit="step", seconds=median(count.times), last=count.last, total=count.total)
        return None


class _Count:
    def __init__(self) -> None:
        self.last = -1
        self.total: int | None = None
        self.times: list[float] = []
        self._since = 0.0

    def note(self, number: int, total: int | None, at: float) -> None:
        if total is not None and total >= number:
            self.total = total
        if number == self.last:
            return
        if 0 <= self.last < number and len(self.times) < _MOST_TIMES:
            self.times.append((at - self._since) / (number - self.last))
        self.last, self._since = number, at
