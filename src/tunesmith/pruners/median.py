"""Stop what is worse than half of the finished trials were at the same step."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from ..core.trial import State, Trial
from ..errors import InputError
from ..history.history import History
from ._curves import exempt, in_words


@dataclass(frozen=True, kw_only=True)
class MedianPruner:
    """The median stopping rule (Golovin et al. 2017, "Google Vizier", section 3.2.2).

    A trial stops where its best loss so far is worse than the median of the complete trials at the same step. Vizier
    takes the running means of those up to the step; here it is their values at the step, as means over a falling
    curve are so high that almost nothing would stop. Only complete trials count: with the stopped ones among them,
    or those that still run, every further report would halve the survivors.

    With a Pareto objective, where losses compare trials at one step alone, the last report stands for the best so far.
    A metric that is no finite number counts as worst; a report without the objective's metric decides nothing. The
    user's own configuration and a judge's repeats are never stopped.

    Args:
        startup_trials: Nothing stops before so many complete trials have reported at the step; at least 1.
        warmup_steps: Nothing stops before this step; not negative.

    >>> MedianPruner(startup_trials=10, warmup_steps=5).warmup_steps
    5
    """

    startup_trials: int = 5
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        if self.startup_trials < 1:
            raise InputError(
                f"startup_trials must be at least 1, but {self.startup_trials} was given.", keys=("startup_trials",)
            )
        if self.warmup_steps < 0:
            raise InputError(
                f"warmup_steps must not be negative, but {self.warmup_steps} was given.", keys=("warmup_steps",)
            )

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return why the trial is to stop after its last report, or None."""
        if exempt(trial) or not trial.reports or trial.reports[-1].step < self.warmup_steps:
            return None
        step = trial.reports[-1].step
        loss = history.loss_of(trial, trial.reports[-1])
        others = [
            value
            for number, value in history.at_step(step).items()
            if number != trial.number and history.trials[number].state is State.COMPLETE
        ]
        if loss is None or len(others) < self.startup_trials:
            return None
        # A training that has diverged does not come back: its good start does not count then.
        earlier = [value for report in trial.reports if (value := history.loss_of(trial, report)) is not None]
        best = loss if history.objective.pareto or loss == float("inf") else min(earlier)
        middle = median(others)
        if best <= middle:
            return None
        return (
            f"by step {step} its best {in_words(history, best)} is worse than the median of "
            f"{len(others)} complete trials there, a {in_words(history, middle)}."
        )
