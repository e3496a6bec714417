"""Asynchronous successive halving."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.schema import expect_range
from ..core.trial import Trial
from ..history.history import History
from ._halving import reason_to_halve
from ._rungs import first_rung


@dataclass(frozen=True, kw_only=True)
class AshaPruner:
    """Asynchronous successive halving (Li et al. 2020, arXiv 1810.05934, section 3), the variant that stops trials.

    Rungs lie at the steps `min_steps`, `min_steps * reduction`, `min_steps * reduction**2` and so on. At each rung a
    trial continues if it is among the best 1 in `reduction` of all trials that have reached it, itself included, or if
    fewer than `reduction` have: nothing waits. Reports need not hit a rung exactly: a trial's first report from a rung
    on, below the next rung, counts.

    A metric that is not finite counts as worst; a report without the objective's metric is ignored. Never stopped are
    the user's own configuration, a judge's repeats, and trials at the last step of the longest complete training.

    Args:
        reduction: One in `reduction` trials continues at each rung; at least 2.
        min_steps: The step of the first rung, as reported by the trials; at least 1. None takes a 27th of the longest
            complete training, and stops nothing before there is one.

    >>> AshaPruner(min_steps=2).reduction
    3
    """

    reduction: int = 3
    min_steps: int | None = None

    def __post_init__(self) -> None:
        expect_range(self, "reduction", 2)
        expect_range(self, "min_steps", 1)

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return the reason to stop the trial at the rung that its last report reached, or None."""
        first = first_rung(history, trial, self.min_steps)
        return None if first is None else reason_to_halve(history, trial, first=first, reduction=self.reduction)
