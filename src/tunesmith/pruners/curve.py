"""Pruning by learning curves: how much complete trials improved from the same step on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..core.schema import expect_range
from ..core.trial import Trial
from ..history.history import History
from ._rungs import first_rung, loss_name, loss_value, rung_reached
from .median import MedianPruner

_FACTOR = 2


@dataclass(frozen=True, kw_only=True)
class CurvePruner:
    """Stops a trial when hardly any complete trial improved enough, from this step on, for it to become the best.

    At the steps `min_steps`, twice that, four times that and so on, the improvement of each complete trial from there
    to its end is one prediction of this trial's improvement, and its best loss so far less that a prediction of its
    end. The trial stops if a share of at most `chance` of these predictions beats the best complete trial. Curve models
    (Domhan et al. 2015; Klein et al. 2017) extrapolate from a curve's shape; the improvements of the study's own trials
    hold for any shape. Testing at every step would stop too much: a good trial would face fifty tests instead of five.

    A metric that is not finite counts as worst; a report without the objective's metric is ignored. Never stopped are
    the user's own configuration, a judge's repeats, and trials at the last step of the longest complete training. With
    a Pareto objective there is no single curve, and the `median` rule decides.

    Args:
        chance: The probability of becoming the best up to which a trial stops; at least 0, below 1.
        startup_trials: The number of complete trials with a report at the step before any stops; at least 1.
        min_steps: The first step to test; at least 1. None takes a 27th of the longest complete training.

    >>> CurvePruner(chance=0.1).startup_trials
    4
    """

    chance: float = 0.05
    startup_trials: int = 4
    min_steps: int | None = None

    def __post_init__(self) -> None:
        expect_range(self, "chance", 0, 1, below=True)
        expect_range(self, "startup_trials", 1)
        expect_range(self, "min_steps", 1)

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return the reason to stop the trial after its last report, or None."""
        if history.objective.pareto:
            median = MedianPruner(startup_trials=self.startup_trials, warmup_steps=self.min_steps or 0)
            return median.should_prune(history, trial)
        first = first_rung(history, trial, self.min_steps)
        if first is None or history.full_length is None or rung_reached(history, trial, first, _FACTOR) is None:
            return None
        return self._reason(history, trial)

    def _reason(self, history: History, trial: Trial) -> str | None:
        step = trial.reports[-1].step
        losses = history.curves.complete_at(step).losses
        if len(losses) < self.startup_trials:
            return None
        final = history.losses[list(losses)]
        best = final.min()
        last = history.loss_of(trial, trial.reports[-1])
        current = math.inf if last == math.inf else history.curves.progress(trial.number).least
        leads = int((current - np.array(list(losses.values())) <= best - final).sum())
        if leads > self.chance * len(losses):
            return None
        return (
            f"step {step}: best {loss_name(history)} {loss_value(history, current)}; {leads} of {len(losses)} complete "
            f"trials improved enough from here to reach {loss_value(history, best)}"
        )
