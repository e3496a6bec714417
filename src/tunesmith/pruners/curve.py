"""Stop what is not going to be the best, judging by what complete trials gained from there on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.trial import State, Trial
from ..errors import InputError
from ..history.history import History
from ._curves import exempt, first_rung, in_words, rung_reached
from .median import MedianPruner

_FACTOR = 2


@dataclass(frozen=True, kw_only=True)
class CurvePruner:
    """A learning-curve rule: a trial stops where hardly any complete one gained as much as it would need to lead.

    At the steps `min_steps`, twice that, four times that and so on, what a complete trial gained from there to its end
    is one guess of what this trial will gain. Its best loss so far, less that, is one guess of its end. Where no more
    than `chance` of these guesses are as good as the best complete trial, it stops. Models of curves (Domhan et al.
    2015; Klein et al. 2017) guess the end from the shape of the curve alone; what the study's own trials gained holds
    for curves of any shape. To look at every step would stop too much: a good trial would have to pass fifty tests
    rather than five.

    A metric that is no finite number counts as worst; a report without the objective's metric decides nothing. The
    user's own configuration, a judge's repeats, and what has reached the last step of the longest complete training
    are never stopped. With a Pareto objective there is no one curve to follow, and the `median` rule decides.

    Args:
        chance: A trial stops where its chance to lead is not above this; from 0, below 1.
        startup_trials: Nothing stops before so many complete trials have reported at the step; at least 1.
        min_steps: Where to look first; at least 1. None takes a 27th of the longest complete training.

    >>> CurvePruner(chance=0.1).startup_trials
    4
    """

    chance: float = 0.05
    startup_trials: int = 4
    min_steps: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.chance < 1.0:
            raise InputError(f"chance must be from 0 and below 1, but {self.chance} was given.", keys=("chance",))
        for name in ("startup_trials", "min_steps"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise InputError(f"{name} must be at least 1, but {value} was given.", keys=(name,))

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return why the trial is to stop after its last report, or None."""
        if history.objective.pareto:
            median = MedianPruner(startup_trials=self.startup_trials, warmup_steps=self.min_steps or 0)
            return median.should_prune(history, trial)
        length = history.full_length
        first = first_rung(self.min_steps, length)
        if exempt(trial) or not trial.reports or length is None or first is None or trial.reports[-1].step >= length:
            return None
        if rung_reached(history, trial, first, _FACTOR) is None:
            return None
        return self._hopeless(history, trial)

    def _hopeless(self, history: History, trial: Trial) -> str | None:
        step = trial.reports[-1].step
        there = {n: y for n, y in history.at_step(step).items() if history.trials[n].state is State.COMPLETE}
        if len(there) < self.startup_trials:
            return None
        ends = history.losses[list(there)]
        best = ends.min()
        known = [loss for report in trial.reports if (loss := history.loss_of(trial, report)) is not None]
        own = known[-1] if np.isinf(known[-1]) else min(known)
        leads = int((own - np.array(list(there.values())) <= best - ends).sum())
        if leads > self.chance * len(there):
            return None
        return (
            f"by step {step} its best is {in_words(history, own)}; from there to the end, {leads or 'none'} of "
            f"{len(there)} complete trials gained enough to reach {in_words(history, best)}."
        )
