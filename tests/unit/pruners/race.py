"""Histories of concurrent trials for tests of pruners."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State, Trial
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialReported, TrialStarted
from tunesmith.testing.contracts import MINIMIZE


class Race:
    """A history of running trials."""

    def __init__(self, trials: int, objective: Objective = MINIMIZE) -> None:
        self.history = History(SearchSpace({"x": Float(0.0, 1.0)}), objective)
        for number in range(trials):
            self.history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / trials})))
            self.history.apply(TrialStarted(trial=number, attempt=1))

    def report(self, number: int, step: int, y: float | None, **more: float) -> Trial:
        metrics = {"other": 1.0} if y is None else {"y": y, **more}
        self.history.apply(TrialReported(trial=number, step=step, metrics=metrics))
        return self.history.trials[number]

    def complete(self, number: int, curve: Mapping[int, float], z: Callable[[float], float] | None = None) -> None:
        """Report a whole curve and complete the trial; `z` computes a second metric from the first."""
        metrics: dict[str, float] = {}
        for step, y in curve.items():
            metrics = {"y": y} if z is None else {"y": y, "z": z(y)}
            self.history.apply(TrialReported(trial=number, step=step, metrics=metrics))
        self.history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics=metrics))
