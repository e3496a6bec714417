"""Hyperband: successive halving in several brackets."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from ..core.schema import expect_range
from ..core.trial import Trial
from ..history.history import History
from ._halving import reason_to_halve
from ._rungs import first_rung

_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, kw_only=True)
class HyperbandPruner:
    """Asynchronous Hyperband (Li et al. 2018, JMLR 18:185, algorithm 1): every bracket is an `asha` of its own.

    The first rung of the first bracket lies at `min_steps`, that of each further bracket `reduction` times as high, and
    the last one's within a factor of `reduction` of a full training. Brackets that stop later get fewer trials, in the
    shares of the paper. A trial's number determines its bracket, and it competes within that bracket only. Use `asha`
    instead if you know from which step on trials can be compared.

    Nothing is stopped before one trial with reports is complete, as the length of a full training is unknown until
    then.

    Args:
        reduction: One in `reduction` trials continues at each rung; at least 2.
        min_steps: The first rung of the first bracket, as in `asha`.

    >>> pruner = HyperbandPruner()
    >>> [pruner.bracket(number, first=2, length=51) for number in range(1, 9)]
    [1, 0, 2, 0, 0, 1, 0, 2]
    """

    reduction: int = 3
    min_steps: int | None = None

    def __post_init__(self) -> None:
        expect_range(self, "reduction", 2)
        expect_range(self, "min_steps", 1)

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return the reason to stop the trial at the rung of its bracket that its last report reached, or None."""
        first, length = first_rung(history, trial, self.min_steps), history.full_length
        if first is None or length is None:
            return None
        bracket = self.bracket(trial.number, first=first, length=length)
        return reason_to_halve(
            history,
            trial,
            first=first * self.reduction**bracket,
            reduction=self.reduction,
            members=_Bracket(self, first, length, bracket),
        )

    def bracket(self, number: int, *, first: int, length: int) -> int:
        """Return the bracket of a trial; 0 is the one with the lowest rung.

        Args:
            number: The trial's number.
            first: The lowest rung.
            length: The last step of a full training.
        """
        ends = _ends(self.reduction, first, length)
        # Multiples of the golden ratio are spread evenly, so that every bracket gets its share early on, too.
        return bisect_right(ends, number * _GOLDEN % 1.0 * ends[-1])


@dataclass(frozen=True)
class _Bracket:
    """The trials of one bracket."""

    pruner: HyperbandPruner
    first: int
    length: int
    bracket: int

    def __call__(self, number: int) -> bool:
        return self.pruner.bracket(number, first=self.first, length=self.length) == self.bracket


@cache
def _ends(reduction: int, first: int, length: int) -> list[int]:
    """Return the cumulative sizes of the brackets, in trials."""
    highest = 0
    while first * reduction ** (highest + 1) < length:
        highest += 1
    # In algorithm 1, bracket s starts ceil((highest + 1) / (s + 1) * reduction**s) trials; s counts down.
    sizes = (math.ceil((highest + 1) / (s + 1) * reduction**s) for s in range(highest, -1, -1))
    return list(accumulate(sizes))
