"""Which configurations make the front of a Pareto objective: repeats of one configuration are one entry."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..core.pareto import Floats, nearest_to_ideal, non_dominated
from .leaderboard import Leaderboard

Places = NDArray[np.intp]


class ParetoFront(Leaderboard):
    """Configurations with the means of their metrics, and the front of those that no other dominates.

    On the front stand those that keep the constraints and were not vetoed; of equals the earliest. It does not depend
    on the order in which trials finished. The front is kept, so that a first run costs one look at it; a repeat, which
    moves a mean, costs a look at every configuration.

    >>> standings = ParetoFront(metrics=2)
    >>> for key, values in (("a", (1.0, 3.0)), ("b", (2.0, 2.0)), ("c", (2.0, 4.0))):
    ...     standings.enter(key)
    ...     standings.measure(key, np.array(values), violation=0.0)
    >>> standings.front()
    ['a', 'b']
    """

    def __init__(self, metrics: int) -> None:
        super().__init__()
        self._runs: list[list[Floats]] = []
        self._means = np.empty((64, metrics))
        self._squared = np.zeros(metrics)
        self._top: list[int] | None = []  # The places of the front, by the first metric; None where they must be found.
        self._read: tuple[list[int] | None, list[str], str | None] = (self._top, [], None)  # And what was made of them.

    def enter(self, key: str) -> None:
        """Note a configuration, in the order of proposal; entering twice is no error."""
        if key in self:
            return
        super().enter(key)
        self._runs.append([])
        if len(self._runs) > len(self._means):
            self._means = np.concatenate([self._means, np.empty_like(self._means)])

    def measure(self, key: str, values: Floats, violation: float) -> None:
        """Add one finished run of a configuration.

        Args:
            key: An entered configuration.
            values: Every metric, signed so that smaller is better; finite, shape `(metrics,)`.
            violation: By how much constraints are broken; the worst of the repeats counts.
        """
        place = self._index[key]
        runs = self._runs[place]
        self._squared -= _squares(runs)
        runs.append(np.array(values))
        self._squared += _squares(runs)
        self._degrees += len(runs) > 1
        self._means[place] = _mean(runs)
        self._table[1, place] = max(self._table[1, place], violation)
        self._table[3, place] = len(runs)
        if len(runs) > 1 or self._table[0, place] > 0:
            self._top = None
        elif self._top is not None and self._table[0, place] >= 0 and self._table[1, place] == 0:
            self._top = self._with(place, self._top)

    @property
    def noise(self) -> float | None:
        """Never known: there is no single loss. See `metric_noise`."""
        return None

    @property
    def metric_noise(self) -> Floats | None:
        """The standard deviation of each metric between repeats, shape `(metrics,)`; None where unknown."""
        return np.sqrt(np.maximum(self._squared, 0.0) / self._degrees) if self._degrees else None

    def mean(self, key: str) -> Floats:
        """Return the mean of each metric over a configuration's runs, shape `(metrics,)`."""
        return np.asarray(self._means[self._index[key]])

    def front(self, without: str | None = None) -> list[str]:
        """Return the configurations on the front, by the first metric.

        Args:
            without: A configuration that is left out, as if it had never run.
        """
        places, keys, _ = self._look()
        if without is None or self._index[without] not in places:
            return keys
        allowed = self._allowed()
        return [self._keys[place] for place in self._front_of(allowed[allowed != self._index[without]])]

    @property
    def leader(self) -> str | None:
        """The configuration on the front that is nearest to the ideal point, or None where none has finished.

        Where a user put some first, of their own front. Where none keeps the constraints, of those nearest to doing so.
        """
        places, _, leader = self._look()
        return leader if places and leader is not None else self._leader_of(places)

    def rival(self, key: str) -> str | None:
        """Return the configuration that leads when this one is left out."""
        front = self.front(without=key)
        return self._leader_of([self._index[other] for other in front], without=key)

    def _look(self) -> tuple[list[int], list[str], str | None]:
        """Return the front's places and keys, and who leads it; made anew only where the front has changed."""
        if self._top is None:
            self._top = self._front_of(self._allowed())
        if self._read[0] is not self._top:
            leader = self._leader_of(self._top) if self._top else None
            self._read = self._top, [self._keys[place] for place in self._top], leader
        return self._top, *self._read[1:]

    def _leader_of(self, places: list[int], without: str | None = None) -> str | None:
        favour, violation, _, repeats = self._table[:, : len(self._index)]
        if not places or (favour > 0).any():
            able = (repeats > 0) & (favour >= 0)
            if without is not None:
                able[self._index[without]] = False
            if not able.any():
                return None
            able &= favour == favour[able].max()
            places = self._front_of(np.flatnonzero(able & (violation == violation[able].min())))
        return self._keys[places[nearest_to_ideal(self._means[places])]]

    def _allowed(self) -> Places:
        favour, violation, _, repeats = self._table[:, : len(self._index)]
        return np.flatnonzero((repeats > 0) & (favour >= 0) & (violation == 0))

    def _front_of(self, places: Places) -> list[int]:
        found = sorted(places[non_dominated(self._means[places])].tolist(), key=self._by_metrics)
        pairs = zip(found, [None, *found], strict=False)
        return [p for p, last in pairs if last is None or (self._means[p] != self._means[last]).any()]

    def _by_metrics(self, place: int) -> tuple[float, ...]:
        return (*self._means[place].tolist(), place)

    def _with(self, place: int, front: list[int]) -> list[int] | None:
        """Return the front once a configuration joins in; None where an equal one stands there."""
        mine, theirs = self._means[place], self._means[front]
        ahead = (theirs <= mine).all(axis=1)
        if ahead.any():
            return None if (theirs[ahead] == mine).all(axis=1).any() else front
        kept = [p for p, beaten in zip(front, (theirs >= mine).all(axis=1), strict=True) if not beaten]
        return sorted([*kept, place], key=self._by_metrics)


def _mean(runs: list[Floats]) -> Floats:
    """Return the mean of each metric; each is divided before they are summed, as the sum of huge ones overflows."""
    if len(runs) == 1:
        return runs[0]
    halves = np.array([[math.fsum(value / len(runs) / 2 for value in column)] for column in np.transpose(runs)])
    return np.asarray(np.clip(2 * halves[:, 0], np.min(runs, axis=0), np.max(runs, axis=0)))


def _squares(runs: list[Floats]) -> Floats:
    """Return the sums of squared distances from the mean; no distance counts for more than can be squared."""
    if len(runs) < 2:
        return np.zeros(1)
    distances = np.array(runs) / 2 - _mean(runs) / 2
    return np.asarray((np.minimum(np.abs(distances), 1e150) ** 2).sum(axis=0) * 4)
