"""Successive halving in several brackets, as nobody knows how soon a bad trial can be told from a good one."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from ..core.trial import Trial
from ..history.history import History
from ._curves import exempt, first_rung
from ._halving import check_rungs, halved

_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, kw_only=True)
class HyperbandPruner:
    """Hyperband (Li et al. 2018, JMLR 18:185, algorithm 1) without waiting: every bracket is an `asha` of its own.

    The first bracket has its first rung at `min_steps`, each further one `reduction` times as high, the last one within
    a factor of `reduction` of a full training. The later a bracket begins to stop, the fewer trials it gets, in the
    shares of the paper. A trial's number decides on its bracket, and it is compared with trials of that bracket only.
    Where it is known from which step on curves can be told apart, a single bracket (`asha`) gains more.

    Nothing is stopped before one trial that has reported is complete, as a full training's length is not known before.

    Args:
        reduction: One in so many goes on at each rung; at least 2.
        min_steps: The lowest rung of the first bracket, as in `asha`.

    >>> pruner = HyperbandPruner()
    >>> [pruner.bracket(number, first=2, length=51) for number in range(1, 9)]
    [1, 0, 2, 0, 0, 1, 0, 2]
    """

    reduction: int = 3
    min_steps: int | None = None

    def __post_init__(self) -> None:
        check_rungs(self.reduction, self.min_steps)

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return why the trial is to stop at the rung of its bracket that its last report reached, or None."""
        length = history.full_length
        first = first_rung(self.min_steps, length)
        if exempt(trial) or not trial.reports or length is None or first is None or trial.reports[-1].step >= length:
            return None
        own = self.bracket(trial.number, first=first, length=length)
        return halved(
            history,
            trial,
            first=first * self.reduction**own,
            reduction=self.reduction,
            races=lambda number: self.bracket(number, first=first, length=length) == own,
        )

    def bracket(self, number: int, *, first: int, length: int) -> int:
        """Return the bracket of a trial, from 0, which has the lowest rung.

        Args:
            number: The trial's.
            first: The lowest rung.
            length: The last step of a full training.
        """
        ends = _ends(self.reduction, first, length)
        # Multiples of the golden ratio are spread evenly, so that every bracket gets its share early on, too.
        return bisect_right(ends, number * _GOLDEN % 1.0 * ends[-1])


@cache
def _ends(reduction: int, first: int, length: int) -> list[int]:
    """Return where each bracket ends when they are laid side by side, each as long as it has trials."""
    highest = 0
    while first * reduction ** (highest + 1) < length:
        highest += 1
    # In algorithm 1, bracket s starts ceil((highest + 1) / (s + 1) * reduction**s) trials; s counts down.
    sizes = (math.ceil((highest + 1) / (s + 1) * reduction**s) for s in range(highest, -1, -1))
    return list(accumulate(sizes))
