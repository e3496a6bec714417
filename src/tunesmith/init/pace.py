"""How fast a training goes on, from when its output counts epochs or steps."""

from __future__ import annotations

import re
from statistics import median
from typing import Literal

from .tryout import Pace

_NUMBER = r"""["']?\W{0,4}?(?<![-.])(\d{1,9})(?:\.\d*)?(?:\s*(?:/|of)\s*(\d{1,9}))?"""
_COUNTERS: dict[Literal["epoch", "step"], re.Pattern[str]] = {
    "epoch": re.compile(r"(?<!best )(?<!from )\bepoch\b" + _NUMBER, re.IGNORECASE),
    "step": re.compile(r"\b(?:global_?step|step|iter(?:ation)?|round|batch)\b" + _NUMBER, re.IGNORECASE),
}
_LEADING = re.compile(r"^\s*\[(\d{1,9})\](?=\s)()")
_MOST_TIMES = 10_000


class EpochClock:
    """Notes when each epoch, or each step where no epochs are counted, is named first.

    >>> clock = EpochClock()
    >>> for second, line in enumerate(["epochs: 9", "Epoch [1/4] loss 0.5", "Epoch [2/4] loss 0.4", "best epoch 7"]):
    ...     clock.read(line, at=2.0 * second)
    >>> clock.pace()
    Pace(unit='epoch', seconds=2.0, last=2, total=4)
    """

    def __init__(self) -> None:
        self._counts: dict[Literal["epoch", "step"], _Count] = {"epoch": _Count(), "step": _Count()}

    def read(self, line: str, at: float) -> None:
        """Take a line of output and the moment at which it came."""
        for unit, pattern in _COUNTERS.items():
            match = pattern.search(line) or (_LEADING.match(line) if unit == "step" else None)
            if match is not None:
                self._counts[unit].note(int(match[1]), int(match[2]) if match[2] else None, at)

    def note(self, unit: Literal["epoch", "step"], number: int, at: float) -> None:
        """Take a number from elsewhere, as from a report."""
        self._counts[unit].note(number, None, at)

    def pace(self) -> Pace | None:
        """Return the pace, or None if nothing was counted twice."""
        for unit, count in self._counts.items():
            if count.times:
                return Pace(unit=unit, seconds=median(count.times), last=count.last, total=count.total)
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
