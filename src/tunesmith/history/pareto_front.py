"""The Pareto front of configurations, with repeats averaged."""

from __future__ import annotations

import numpy as np

from ..core.arrays import Floats, Indices
from ..core.pareto import nearest_to_ideal, non_dominated
from .leaderboard import Leaderboard, mean


class ParetoFront(Leaderboard):
    """Configurations with their mean metrics, and the front of those that no other dominates.

    On the front are feasible configurations without a veto; the earliest of equals. It does not depend on the order in
    which trials finish. The front is kept, so that a first run is compared with its members only; a repeat, which
    changes a mean, costs a pass over all configurations.

    >>> front = ParetoFront(metrics=2)
    >>> for key, values in (("a", (1.0, 3.0)), ("b", (2.0, 2.0)), ("c", (2.0, 4.0))):
    ...     front.enter(key)
    ...     front.measure(key, np.array(values), violation=0.0)
    >>> front.front()
    ['a', 'b']
    """

    def __init__(self, metrics: int) -> None:
        super().__init__()
        self._runs: list[list[Floats]] = []
        self._means = np.empty((64, metrics))
        self._squared = np.zeros(metrics)
        self._top: list[int] | None = []  # The rows of the front by the first metric; None if it must be searched.
        self._cached: tuple[list[int] | None, list[str], str | None] = (self._top, [], None)  # Derived from `_top`.

    def enter(self, key: str) -> None:
        """Add a configuration, in the order of proposal; entering it again does nothing."""
        if key in self:
            return
        super().enter(key)
        self._runs.append([])
        if len(self._runs) > len(self._means):
            self._means = np.concatenate([self._means, np.empty_like(self._means)])

    def measure(self, key: str, values: Floats, violation: float) -> None:
        """Add a finished run of a configuration.

        Args:
            key: An entered configuration.
            values: Every metric, signed so that smaller is better; finite, shape `(metrics,)`.
            violation: The violation of the constraints; the largest of all runs counts.
        """
        row = self._rows[key]
        runs = self._runs[row]
        self._squared -= _squares(runs)
        runs.append(np.array(values))
        self._squared += _squares(runs)
        self._degrees += len(runs) > 1
        self._means[row] = _means(runs)
        self._table[1, row] = max(self._table[1, row], violation)
        self._table[3, row] = len(runs)
        if len(runs) > 1 or self._table[0, row] > 0:
            self._top = None
        elif self._top is not None and self._table[0, row] >= 0 and self._table[1, row] == 0:
            self._top = self._extended(row, self._top)

    @property
    def noise(self) -> float | None:
        """Always None, as there is no single loss. See `metric_noise`."""
        return None

    @property
    def metric_noise(self) -> Floats | None:
        """The standard deviation of each metric between repeats, shape `(metrics,)`; None if unknown."""
        return np.sqrt(np.maximum(self._squared, 0.0) / self._degrees) if self._degrees else None

    def mean(self, key: str) -> Floats:
        """Return the mean of each metric over a configuration's runs, shape `(metrics,)`."""
        return np.asarray(self._means[self._rows[key]])

    def front(self, without: str | None = None) -> list[str]:
        """Return the configurations on the front, sorted by the first metric.

        Args:
            without: A configuration to leave out, as if it had never run.
        """
        rows, keys, _ = self._current()
        if without is None or self._rows[without] not in rows:
            return keys
        allowed = self._allowed()
        return [self._keys[row] for row in self._front_of(allowed[allowed != self._rows[without]])]

    @property
    def leader(self) -> str | None:
        """The configuration on the front that is nearest to the ideal point; None while no run has finished.

        If a user put some first, the one on their front; if none is feasible, among those of least violation.
        """
        rows, _, leader = self._current()
        return leader if rows and leader is not None else self._leader_of(rows)

    def rival(self, key: str) -> str | None:
        """Return the leading configuration other than this one."""
        front = self.front(without=key)
        return self._leader_of([self._rows[other] for other in front], without=key)

    def _current(self) -> tuple[list[int], list[str], str | None]:
        """Return the rows, keys and leader of the front, recomputed only if the front has changed."""
        if self._top is None:
            self._top = self._front_of(self._allowed())
        if self._cached[0] is not self._top:
            leader = self._leader_of(self._top) if self._top else None
            self._cached = self._top, [self._keys[row] for row in self._top], leader
        return self._top, *self._cached[1:]

    def _leader_of(self, rows: list[int], without: str | None = None) -> str | None:
        priority, violation, _, runs = self._table[:, : len(self._rows)]
        if not rows or (priority > 0).any():
            allowed = (runs > 0) & (priority >= 0)
            if without is not None:
                allowed[self._rows[without]] = False
            if not allowed.any():
                return None
            allowed &= priority == priority[allowed].max()
            rows = self._front_of(np.flatnonzero(allowed & (violation == violation[allowed].min())))
        return self._keys[rows[nearest_to_ideal(self._means[rows])]]

    def _allowed(self) -> Indices:
        priority, violation, _, runs = self._table[:, : len(self._rows)]
        return np.flatnonzero((runs > 0) & (priority >= 0) & (violation == 0))

    def _front_of(self, rows: Indices) -> list[int]:
        front = sorted(rows[non_dominated(self._means[rows])].tolist(), key=self._by_metrics)
        pairs = zip(front, [None, *front], strict=False)
        return [row for row, last in pairs if last is None or (self._means[row] != self._means[last]).any()]

    def _by_metrics(self, row: int) -> tuple[float, ...]:
        return (*self._means[row].tolist(), row)

    def _extended(self, row: int, front: list[int]) -> list[int] | None:
        """Return the front after adding a configuration; None if an equal one is on it."""
        values, others = self._means[row], self._means[front]
        ahead = (others <= values).all(axis=1)
        if ahead.any():
            return None if (others[ahead] == values).all(axis=1).any() else front
        kept = [other for other, beaten in zip(front, (others >= values).all(axis=1), strict=True) if not beaten]
        return sorted([*kept, row], key=self._by_metrics)


def _means(runs: list[Floats]) -> Floats:
    """Return the mean of each metric, shape `(metrics,)`."""
    return np.array([mean(column) for column in np.transpose(runs).tolist()])


def _squares(runs: list[Floats]) -> Floats:
    """Return the sums of squared deviations from the mean, each clipped before it overflows."""
    if len(runs) < 2:
        return np.zeros(1)
    deviations = np.array(runs) / 2 - _means(runs) / 2
    return np.asarray((np.minimum(np.abs(deviations), 1e150) ** 2).sum(axis=0) * 4)
