"""Rules that decide whether a study continues."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.budget import Budget
from ..core.trial import Failure, State
from ..history.history import History
from ..text import wording
from .base import Step

MAX_FIRST_FAILURES = 5
"""Failures that end a study if no trial has succeeded."""
MAX_CONSECUTIVE_FAILURES = 10
"""Consecutive failures, after earlier successes, that indicate a broken environment."""


def setup_failure(history: History) -> Failure | None:
    """Return the failure of trial 0, if other trials would fail in the same way and none has succeeded."""
    first = history.trials[0].failure if history.trials else None
    if first is None or history.counts[State.COMPLETE] or history.counts[State.PRUNED]:
        return None
    return first if first.systematic or first.kind == "setup" else None


@dataclass(frozen=True, kw_only=True)
class RulesCoordinator:
    """Stops a study when its target is met, its budget is spent, nothing improves, or nothing works.

    Args:
        budget: The limits.
    """

    budget: Budget

    def decide(self, history: History, *, seconds: float) -> Step:
        """Return the next step; see `Coordinator.decide`."""
        usable = history.counts[State.COMPLETE] + history.counts[State.PRUNED]
        if setup_failure(history) is not None:
            return Step(stop=True, failed=True, reason="trial 0 failed, and other trials would fail in the same way")
        if not usable and history.counts[State.FAILED] >= MAX_FIRST_FAILURES:
            return Step(
                stop=True, failed=True, reason=f"each of the first {history.counts[State.FAILED]} trials failed"
            )
        if (in_a_row := len(history.failed_in_a_row)) >= MAX_CONSECUTIVE_FAILURES:
            return Step(stop=True, failed=True, reason=f"the last {in_a_row} trials failed")
        patience = self._patience(history) if usable else None  # Failures alone end a study as failed, above.
        without_result = not history.counts[State.COMPLETE]
        for reason in (self._target(history), patience, self._minutes(seconds)):
            if reason:
                return Step(stop=True, reason=reason, failed=without_result)
        room = None if self.budget.trials is None else max(0, self.budget.trials - len(history.trials))
        if room == 0 and history.settled == len(history.trials):
            done = "the only trial is done" if self.budget.trials == 1 else f"all {self.budget.trials} trials are done"
            return Step(stop=True, reason=done, failed=without_result)
        return Step(room=room)

    def is_due(self, history: History) -> bool:
        """Return False: rules ask no language model."""
        return False

    def _target(self, history: History) -> str | None:
        target, best = self.budget.target, history.best
        if history.objective.pareto and history.front:
            best = history.front[0]  # The best value of the first metric, to which the target applies.
        if target is None or best is None or history.objective.violation(best.metrics):
            return None
        metric = history.objective.primary
        value = best.metrics[metric.name]
        if metric.sign * value > metric.sign * target:
            return None
        return f"the target is met: {metric.name} = {value:.6g} in trial {best.number}"

    def _patience(self, history: History) -> str | None:
        patience = self.budget.patience
        if patience is None or history.since_best < patience:
            return None
        event = "no new trial on the front" if history.objective.pareto else "no new best"
        return f"{event} in {wording.count(history.since_best, 'trial')}"

    def _minutes(self, seconds: float) -> str | None:
        minutes = self.budget.minutes
        if minutes is None or seconds < minutes * 60:
            return None
        if minutes == 1:
            return "the minute is up"
        # What `fit` leaves for trials, beside reading and saving, is no round number.
        return "the time is up" if round(minutes, 2) != minutes else f"the {minutes:g} minutes are up"
