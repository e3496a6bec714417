"""The median stopping rule."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..core.schema import expect_range
from ..core.trial import Trial
from ..history.history import History
from ._rungs import is_exempt, loss_name, loss_value


@dataclass(frozen=True, kw_only=True)
class MedianPruner:
    """The median stopping rule (Golovin et al. 2017, "Google Vizier", section 3.2.2).

    A trial stops if its best loss so far is worse than the median loss of the complete trials at the same step. Vizier
    compares with running means up to the step, which over a falling curve are so high that almost nothing would stop.
    Only complete trials count: if stopped or running ones did, every further report would halve the survivors.

    With a Pareto objective, where losses are comparable at one step only, the last report takes the place of the best
    so far. A metric that is not finite counts as worst; a report without the objective's metric is ignored. The user's
    own configuration and a judge's repeats are never stopped.

    Args:
        startup_trials: The number of complete trials with a report at the step before any stops; at least 1.
        warmup_steps: Nothing stops before this step; at least 0.

    >>> MedianPruner(startup_trials=10, warmup_steps=5).warmup_steps
    5
    """

    startup_trials: int = 5
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        expect_range(self, "startup_trials", 1)
        expect_range(self, "warmup_steps", 0)

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return the reason to stop the trial after its last report, or None."""
        if is_exempt(trial) or not trial.reports or trial.reports[-1].step < self.warmup_steps:
            return None
        step = trial.reports[-1].step
        loss = history.loss_of(trial, trial.reports[-1])
        others = history.curves.complete_at(step).ordered
        if loss is None or len(others) < self.startup_trials:
            return None
        # A diverged training does not recover, so its earlier losses do not count.
        best = loss if history.objective.pareto or math.isinf(loss) else history.curves.progress(trial.number).least
        half = len(others) // 2
        middle = others[half] if len(others) % 2 else (others[half - 1] + others[half]) / 2
        if best <= middle:
            return None
        return (
            f"step {step}: best {loss_name(history)} {loss_value(history, best)}, worse than the median of "
            f"{loss_value(history, middle)} ({len(others)} complete trials)"
        )
