"""Whether a study goes on: fixed rules on the target and the budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..core.budget import Budget
from ..core.trial import State
from ..history.history import History

FAILURES_AT_THE_START = 5
FAILURES_IN_A_ROW = 10
"""So many failures one after the other, where trials had worked before, mean that something else broke than they."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What the coordinator wants.

    Args:
        stop: Whether the study ends here.
        reason: Why, in words; empty while it simply goes on.
        failed: Whether it ends because nothing works.
        room: How many trials may still be proposed; None for no limit.
        specialists: The parameters whose specialists are to be asked now.
    """

    stop: bool = False
    reason: str = ""
    failed: bool = False
    room: int | None = None
    specialists: tuple[str, ...] = ()


class Coordinator(Protocol):
    """Whoever decides whether a study goes on."""

    def decide(self, history: History, *, seconds: float) -> Step:
        """Return what to do next.

        Args:
            history: All that is known.
            seconds: Wall-clock seconds that the study has run, all sessions together.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class RulesCoordinator:
    """Stops a study when its target is met, its budget is spent, nothing improves, or nothing works.

    Args:
        budget: The limits.
    """

    budget: Budget

    def decide(self, history: History, *, seconds: float) -> Step:
        """Return what to do next.

        Args:
            history: All that is known.
            seconds: Wall-clock seconds that the study has run, all sessions together.
        """
        usable = history.counts[State.COMPLETE] + history.counts[State.PRUNED]
        if not usable and history.counts[State.FAILED] >= FAILURES_AT_THE_START:
            return Step(
                stop=True, failed=True, reason=f"each of the first {history.counts[State.FAILED]} trials failed"
            )
        if (in_a_row := len(history.failed_in_a_row)) >= FAILURES_IN_A_ROW:
            return Step(stop=True, failed=True, reason=f"the last {in_a_row} trials failed, one after the other")
        for reason in (self._target(history), self._patience(history), self._minutes(seconds)):
            if reason:
                return Step(stop=True, reason=reason)
        room = None if self.budget.trials is None else max(0, self.budget.trials - len(history.trials))
        if room == 0 and history.settled == len(history.trials):
            return Step(stop=True, reason=f"all {self.budget.trials} trials are done", failed=not usable)
        return Step(room=room)

    def _target(self, history: History) -> str | None:
        target, best = self.budget.target, history.best
        if history.objective.pareto and history.front:
            best = history.front[0]  # The target is of the first metric, and this one has the best of it.
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
        what = "no new trial on the front" if history.objective.pareto else "no new best"
        return f"{what} in {history.since_best} trials"

    def _minutes(self, seconds: float) -> str | None:
        minutes = self.budget.minutes
        return f"the {minutes:g} minutes are up" if minutes is not None and seconds >= minutes * 60 else None
