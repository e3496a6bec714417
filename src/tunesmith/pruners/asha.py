"""Successive halving without waiting: at each rung only the best share goes on."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from ..errors import InputError
from ..history import History
from ..trial import Trial
from ._curves import exempt, in_words, loss_of


@dataclass(frozen=True, kw_only=True)
class AshaPruner:
    """Asynchronous successive halving (Li et al. 2020, arXiv 1810.05934, section 3), in the form that stops trials.

    A trial climbs rungs at the steps `min_steps`, `min_steps * reduction`, `min_steps * reduction**2` and so on. At
    each it goes on where it is among the best 1 in `reduction` of all that have come so far, itself included. Where
    fewer than `reduction` have come, it goes on too: nobody waits. Reports need not hit a rung: a trial stands on a
    rung with its first report from there on, below the next rung.

    A metric that is no finite number counts as worst; a report without the objective's metric decides nothing. The
    user's own configuration and a judge's repeats are never stopped.

    Args:
        reduction: One in so many goes on; at least 2.
        min_steps: The step of the first rung, in the numbers that the trials report; at least 1.

    >>> AshaPruner(reduction=3, min_steps=2).rung(20)
    18
    """

    reduction: int = 3
    min_steps: int = 1

    def __post_init__(self) -> None:
        if self.reduction < 2:
            raise InputError(f"reduction must be at least 2, but {self.reduction} was given.", keys=("reduction",))
        if self.min_steps < 1:
            raise InputError(f"min_steps must be at least 1, but {self.min_steps} was given.", keys=("min_steps",))

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return why the trial is to stop at the rung that its last report reached, or None."""
        if exempt(trial) or not trial.reports:
            return None
        last = trial.reports[-1]
        loss = loss_of(history, last)
        rung = self.rung(last.step)
        if loss is None or rung is None:
            return None
        if any(report.step >= rung and loss_of(history, report) is not None for report in trial.reports[:-1]):
            return None
        others = [value for number, value in self._on_rung(history, rung).items() if number != trial.number]
        count = len(others) + 1
        better = sum(value < loss for value in others)
        if count < self.reduction or better < count // self.reduction:
            return None
        cut = sorted(others)[count // self.reduction - 1]
        return (
            f"at step {last.step} its {in_words(history, loss)} is not among the best {count // self.reduction} of the "
            f"{count} trials that came so far; that takes {in_words(history, cut)}."
        )

    def rung(self, step: int) -> int | None:
        """Return the highest rung at or below a step, or None below the first."""
        if step < self.min_steps:
            return None
        rung = self.min_steps
        while rung * self.reduction <= step:
            rung *= self.reduction
        return rung

    def _on_rung(self, history: History, rung: int) -> dict[int, float]:
        """Return the loss that each trial came to a rung with, by trial number; only finite ones."""
        losses: dict[int, float] = {}
        steps = history.steps
        for step in steps[bisect_left(steps, rung) : bisect_left(steps, rung * self.reduction)]:
            for number, loss in history.at_step(step).items():
                losses.setdefault(number, loss)
        return losses
