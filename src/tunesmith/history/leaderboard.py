"""The ranking of configurations, with repeats averaged and noise taken into account."""

from __future__ import annotations

import math

import numpy as np

from ..core.arrays import Floats


class Leaderboard:
    """Configurations and the losses of their runs, ranked.

    Feasible configurations come first, then the lowest mean loss, plus its standard error once noise has been measured,
    so that one lucky run does not win over a configuration with three runs. The earlier of equals wins. The ranking
    does not depend on the order in which trials finish.

    The two leaders are kept, so that a first run costs the same however many there are; a repeat, which changes the
    noise, costs one pass over an array.

    >>> leaderboard = Leaderboard()
    >>> for key, loss in (("a", 1.0), ("b", 0.9), ("b", 1.3)):
    ...     leaderboard.enter(key)
    ...     leaderboard.add(key, loss, violation=0.0)
    >>> leaderboard.leader
    'a'
    """

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._keys: list[str] = []
        self._losses: list[list[float]] = []
        # One column per configuration: priority (1 if a user put it first, -1 if it must not lead), violation, mean
        # loss, number of runs.
        self._table = np.empty((4, 64))
        self._squares = 0.0
        self._degrees = 0
        self._top: list[int] | None = []  # The rows of the two leaders; None if they must be searched.

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def enter(self, key: str) -> None:
        """Add a configuration, in the order of proposal; entering it again does nothing."""
        if key in self._rows:
            return
        row = len(self._rows)
        if row == self._table.shape[1]:
            self._table = np.concatenate([self._table, np.empty_like(self._table)], axis=1)
        self._table[:, row] = (0.0, 0.0, math.inf, 0.0)
        self._rows[key] = row
        self._keys.append(key)
        self._losses.append([])

    def add(self, key: str, loss: float, violation: float) -> None:
        """Add a finished run of a configuration.

        Args:
            key: An entered configuration.
            loss: The loss; finite.
            violation: The violation of the constraints; the largest of all runs counts.
        """
        row = self._rows[key]
        losses = self._losses[row]
        self._squares -= _squares(losses)
        losses.append(loss)
        self._squares += _squares(losses)
        self._degrees += len(losses) > 1
        worst = max(self._table[1, row], violation)
        self._table[1:, row] = (worst, mean(losses), len(losses))
        if len(losses) > 1:
            self._top = None
        elif self._top is not None and self._table[0, row] >= 0 and self._challenges(row, self._top):
            self._top = sorted([*self._top, row], key=self._rank)[:2]

    def set_priority(self, key: str, priority: int) -> None:
        """Rank a configuration before all others (1), bar it from the lead (-1), or reset it (0)."""
        self._table[0, self._rows[key]] = priority
        self._top = None

    def losses(self, key: str) -> list[float]:
        """Return the losses of a configuration's runs."""
        return self._losses[self._rows[key]]

    @property
    def noise(self) -> float | None:
        """The standard deviation of the loss between repeats, pooled over configurations; None if unknown."""
        return math.sqrt(max(self._squares, 0.0) / self._degrees) if self._degrees else None

    @property
    def metric_noise(self) -> Floats | None:
        """The noise of each metric, shape `(metrics,)`; None for a single loss."""
        return None

    @property
    def leader(self) -> str | None:
        """The leading configuration, or None while no run has finished."""
        rows = self._leaders()
        return self._keys[rows[0]] if rows else None

    def rival(self, key: str) -> str | None:
        """Return the leading configuration other than this one."""
        return next((self._keys[row] for row in self._leaders() if self._keys[row] != key), None)

    def front(self, without: str | None = None) -> list[str]:
        """Return the configurations that no other beats: here the leader alone, if it is feasible.

        Args:
            without: A configuration to leave out, as if it had never run.
        """
        for row in self._leaders():
            if (key := self._keys[row]) != without:
                return [key] if self._table[1, row] == 0 else []
        return []

    def _challenges(self, row: int, top: list[int]) -> bool:
        return len(top) < 2 or self._rank(row) < self._rank(top[-1])

    def _rank(self, row: int) -> tuple[float, float, float, int]:
        priority, violation, loss, runs = self._table[:, row].tolist()
        return -priority, violation, loss + (self.noise or 0.0) / math.sqrt(runs), row

    def _leaders(self) -> list[int]:
        """Return the rows of the two leading configurations, or of as many as there are."""
        if self._top is None:
            first = self._search(without=[])
            self._top = first + self._search(without=first)
        return self._top

    def _search(self, without: list[int]) -> list[int]:
        priority, violation, loss, runs = self._table[:, : len(self._rows)]
        allowed = (runs > 0) & (priority >= 0)
        allowed[without] = False
        rows = np.flatnonzero(allowed)
        if not len(rows):
            return []
        rows = rows[priority[rows] == priority[rows].max()]
        rows = rows[violation[rows] == violation[rows].min()]
        cautious = loss[rows] + (self.noise or 0.0) / np.sqrt(runs[rows])
        return [int(rows[np.argmin(cautious)])]


def mean(values: list[float]) -> float:
    """Return the mean of numbers whose sum may overflow."""
    if len(values) == 1:
        return values[0]
    average = 2 * math.fsum(value / len(values) / 2 for value in values)
    return min(max(average, min(values)), max(values))


def _squares(losses: list[float]) -> float:
    """Return the sum of squared deviations from the mean, each clipped before it overflows."""
    if len(losses) < 2:
        return 0.0
    centre = mean(losses)
    return math.fsum(min(abs(loss - centre), 1e150) ** 2 for loss in losses)
