"""Which configuration leads: repeats of one configuration are one entry, and noise is taken into account."""

from __future__ import annotations

import math

import numpy as np

from ..core.pareto import Floats


class Leaderboard:
    """Configurations and the losses of their repeats, ranked.

    Feasible before infeasible; then the least mean loss, plus its standard error where noise has been measured, so
    that one lucky run does not win over a configuration that was tried three times; of equals the earlier. The
    ranking does not depend on the order in which trials finished. The two that lead are kept, so that a first run
    costs the same however many there are; a repeat, which changes the noise, costs one pass over an array.

    >>> standings = Leaderboard()
    >>> for key, loss in (("a", 1.0), ("b", 0.9), ("b", 1.3)):
    ...     standings.enter(key)
    ...     standings.add(key, loss, violation=0.0)
    >>> standings.leader
    'a'
    """

    def __init__(self) -> None:
        self._index: dict[str, int] = {}
        self._keys: list[str] = []
        self._losses: list[list[float]] = []
        # One column a configuration: favour (1 where a user put it first, -1 where it may never lead), broken
        # constraints, mean loss, repeats.
        self._table = np.empty((4, 64))
        self._squares = 0.0
        self._degrees = 0
        self._top: list[int] | None = []  # The places of the two that lead; None where they have to be looked up.

    def __contains__(self, key: str) -> bool:
        return key in self._index

    def enter(self, key: str) -> None:
        """Note a configuration, in the order of proposal; entering twice is no error."""
        if key in self._index:
            return
        place = len(self._index)
        if place == self._table.shape[1]:
            self._table = np.concatenate([self._table, np.empty_like(self._table)], axis=1)
        self._table[:, place] = (0.0, 0.0, math.inf, 0.0)
        self._index[key] = place
        self._keys.append(key)
        self._losses.append([])

    def add(self, key: str, loss: float, violation: float) -> None:
        """Add one finished run of a configuration.

        Args:
            key: An entered configuration.
            loss: Smaller is better; finite.
            violation: By how much constraints are broken; the worst of the repeats counts.
        """
        place = self._index[key]
        losses = self._losses[place]
        self._squares -= _squares(losses)
        losses.append(loss)
        self._squares += _squares(losses)
        self._degrees += len(losses) > 1
        worst = max(self._table[1, place], violation)
        self._table[1:, place] = (worst, _mean(losses), len(losses))
        if len(losses) > 1:
            self._top = None
        elif self._top is not None and self._table[0, place] >= 0 and self._challenges(place, self._top):
            self._top = sorted([*self._top, place], key=self._rank)[:2]

    def favour(self, key: str, favour: int) -> None:
        """Put a configuration before all others (1), forbid it to lead (-1), or take that back (0)."""
        self._table[0, self._index[key]] = favour
        self._top = None

    def losses(self, key: str) -> list[float]:
        """Return the losses of a configuration's runs."""
        return self._losses[self._index[key]]

    @property
    def noise(self) -> float | None:
        """The standard deviation of the loss between repeats, pooled over configurations; None where unknown."""
        return math.sqrt(max(self._squares, 0.0) / self._degrees) if self._degrees else None

    @property
    def metric_noise(self) -> Floats | None:
        """What `noise` is of each metric, shape `(metrics,)`; None where unknown, as of a single loss."""
        return None

    @property
    def leader(self) -> str | None:
        """The configuration that leads, or None where none has finished."""
        places = self._leading()
        return self._keys[places[0]] if places else None

    def rival(self, key: str) -> str | None:
        """Return the configuration that leads when this one is left out."""
        return next((self._keys[place] for place in self._leading() if self._keys[place] != key), None)

    def front(self, without: str | None = None) -> list[str]:
        """Return the configurations that no other beats: here the leader alone, where it keeps the constraints.

        Args:
            without: A configuration that is left out, as if it had never run.
        """
        for place in self._leading():
            if (key := self._keys[place]) != without:
                return [key] if self._table[1, place] == 0 else []
        return []

    def _challenges(self, place: int, top: list[int]) -> bool:
        return len(top) < 2 or self._rank(place) < self._rank(top[-1])

    def _rank(self, place: int) -> tuple[float, float, float, int]:
        favour, violation, mean, repeats = self._table[:, place].tolist()
        return -favour, violation, mean + (self.noise or 0.0) / math.sqrt(repeats), place

    def _leading(self) -> list[int]:
        """Return the places of the two configurations that lead, or of as many as there are."""
        if self._top is None:
            first = self._look_up(without=[])
            self._top = first + self._look_up(without=first)
        return self._top

    def _look_up(self, without: list[int]) -> list[int]:
        favour, violation, mean, repeats = self._table[:, : len(self._index)]
        allowed = (repeats > 0) & (favour >= 0)
        allowed[without] = False
        places = np.flatnonzero(allowed)
        if not len(places):
            return []
        places = places[favour[places] == favour[places].max()]
        places = places[violation[places] == violation[places].min()]
        careful = mean[places] + (self.noise or 0.0) / np.sqrt(repeats[places])
        return [int(places[np.argmin(careful)])]


def _mean(losses: list[float]) -> float:
    """Return the mean; each is divided before they are summed, as the sum of huge losses overflows."""
    if len(losses) == 1:
        return losses[0]
    mean = 2 * math.fsum(loss / len(losses) / 2 for loss in losses)
    return min(max(mean, min(losses)), max(losses))


def _squares(losses: list[float]) -> float:
    """Return the sum of squared distances from the mean; no distance counts for more than can be squared."""
    if len(losses) < 2:
        return 0.0
    mean = _mean(losses)
    return math.fsum(min(abs(loss - mean), 1e150) ** 2 for loss in losses)
