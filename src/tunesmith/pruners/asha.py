"""Successive halving without waiting: at each rung only the best share goes on."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.trial import Trial
from ..history.history import History
from ._curves import exempt, first_rung
from ._halving import check_rungs, halved


@dataclass(frozen=True, kw_only=True)
class AshaPruner:
    """Asynchronous successive halving (Li et al. 2020, arXiv 1810.05934, section 3), in the form that stops trials.

    A trial climbs rungs at the steps `min_steps`, `min_steps * reduction`, `min_steps * reduction**2` and so on. At
    each it goes on where it is among the best 1 in `reduction` of all that have come so far, itself included. Where
    fewer than `reduction` have come, it goes on too: nobody waits. Reports need not hit a rung: a trial stands on a
    rung with its first report from there on, below the next rung.

    A metric that is no finite number counts as worst; a report without the objective's metric decides nothing. The
    user's own configuration, a judge's repeats, and what has reached the last step of the longest complete training
    are never stopped.

    Args:
        reduction: One in so many goes on; at least 2.
        min_steps: The step of the first rung, in the numbers that the trials report; at least 1. None takes a 27th of
            the longest complete training, and stops nothing before there is one.

    >>> AshaPruner(min_steps=2).reduction
    3
    """

    reduction: int = 3
    min_steps: int | None = None

    def __post_init__(self) -> None:
        check_rungs(self.reduction, self.min_steps)

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return why the trial is to stop at the rung that its last report reached, or None."""
        if exempt(trial) or not trial.reports:
            return None
        length = history.full_length
        first = first_rung(self.min_steps, length)
        if first is None or (length is not None and trial.reports[-1].step >= length):
            return None
        return halved(history, trial, first=first, reduction=self.reduction)
