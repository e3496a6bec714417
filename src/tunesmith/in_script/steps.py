"""Increasing step numbers for a metric, taken from its epoch, its step or a count."""

from __future__ import annotations

KINDS = ("epoch", "step", "progress")
"""What may count, the best first: epochs compare trials of different batch sizes."""
_SAME = 3
"""After so many values without a new epoch, the values themselves are counted."""
_MANY = 1000


class Steps:
    """Chooses the step of each value of one metric.

    The first value decides what counts: its epoch, its step, its position in a loop, or else the values. Where a count
    begins anew, as for the next fold, the steps go on.

    Attributes:
        step: The last step; -1 before the first one.
        kind: What counts: one of `KINDS`, `"count"`, or None before the first value.

    >>> steps = Steps()
    >>> [steps.next(epoch=epoch) for epoch in (1, 2, 2, 3, 1, 2)]
    [1, 2, None, 3, 4, 5]
    >>> [steps.next(epoch=0.5), steps.next()]
    [6, 7]
    """

    def __init__(self) -> None:
        self.step = -1
        self.kind: str | None = None
        self._last: int | None = None
        self._iteration: int | None = None
        self._offset = 0
        self._repeats = 0

    def next(
        self, *, epoch: float | None = None, step: float | None = None, progress: float | None = None
    ) -> int | None:
        """Return the step of the next value, or None if it belongs to the same step as the last one.

        Args:
            epoch: The epoch that the value belongs to.
            step: The number of an iteration.
            progress: The position in a loop that has no name.
        """
        whole = {kind: _whole(value) for kind, value in zip(KINDS, (epoch, step, progress))}
        if self.kind is None or (self.kind != "count" and whole[self.kind] is None):
            self._count_by(next((kind for kind in KINDS if whole[kind] is not None), "count"))
        at = whole.get(self.kind or "count")
        earlier, self._iteration = self._iteration, whole["step"]
        if at is not None and at == self._last:
            self._repeats += 1
            goes_on = earlier is not None and self._iteration is not None and self._iteration > earlier
            if self.kind == "epoch" and goes_on:
                self._count_by("step")
                at = self._iteration
            elif self._repeats < _SAME - 1:
                return None
            else:
                self._count_by("count")
                at = None
        return self._advance(at)

    def _count_by(self, kind: str) -> None:
        self.kind, self._last, self._offset, self._repeats = kind, None, 0, 0

    def _advance(self, at: int | None) -> int:
        if at is None:
            self.step = max(self.step, 0) + 1
        else:
            if at + self._offset <= self.step:
                self._offset = self.step + 1 - at
            self.step = at + self._offset
            self._repeats = 0
        self._last = at
        return self.step


class Thinning:
    """Keeps every value at first and ever fewer later, so that a long training has some thousands of them.

    >>> thinning = Thinning()
    >>> sum(thinning.keeps() for _ in range(1000)), sum(thinning.keeps() for _ in range(1_000_000))
    (1000, 8957)
    """

    def __init__(self) -> None:
        self._values = self._kept = 0

    def keeps(self) -> bool:
        """Count a value, and tell whether it is kept."""
        kept = self._values % (1 << (self._kept // _MANY)) == 0
        self._values += 1
        self._kept += kept
        return kept


def _whole(value: float | None) -> int | None:
    """Return a count as a whole number, or None if it is a fraction, negative, or none."""
    if value is None or not 0 <= value < 2**53 or value != int(value):
        return None
    return int(value)
