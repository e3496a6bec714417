"""The coordinator on a language model: whether to go on, and which parameters the adviser should look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field

from ...history.history import History
from ...runner.coordinator import RulesCoordinator, Step
from ...text.cleaning import short
from ..gateway import ModelGateway
from ..prompts import prompt
from ..study_summary import StudySummary
from .model import Model

EVERY = 10
"""It is asked after so many more trials have ended."""

_LEAST_TRIALS = 30
_STOOD_STILL = 0.4  # The share of all trials without a new best from which a stop is followed.


class Course(BaseModel):
    """What the coordinator answers."""

    decision: Literal["go on", "stop"] = Field(description="whether the study goes on")
    prioritise: list[str] = Field(default_factory=list, max_length=8, description="parameters to change next")
    freeze: list[str] = Field(default_factory=list, max_length=100, description="parameters to leave as they are")
    reason: str = Field(description="why, in one or two sentences")


class ModelCoordinator:
    """Lets the rules decide, and where they go on asks a language model now and then.

    Its stop is followed only where the history shows that the best has stood still for long. What it freezes and
    prioritises holds for the adviser alone: the optimiser goes on looking everywhere.

    Args:
        rules: What decides first.
        gateway: Whom it asks.
    """

    role = "coordinator"

    def __init__(self, rules: RulesCoordinator, gateway: ModelGateway) -> None:
        self.rules = rules
        self.gateway = gateway
        self._next = EVERY

    def decide(self, history: History, *, seconds: float) -> Step:
        """Return what to do next; see `RulesCoordinator.decide`."""
        step = self.rules.decide(history, seconds=seconds)
        if step.stop or step.room == 0 or history.settled < self._next:
            return step
        course = self.gateway.consult_later(self.role, lambda: self._ask(history))
        if self.gateway.waits_for(self.role):
            return step
        self._next = history.settled + EVERY
        return step if course is None else self._followed(history, step, course)

    def _ask(self, history: History) -> Callable[[Model], Course]:
        question = str(StudySummary(history, trials_left=self.gateway.trials_left))
        return lambda model: model.ask(self.role, instructions=prompt(self.role), question=question, answer=Course)

    def _followed(self, history: History, step: Step, course: Course) -> Step:
        reason = short(course.reason, 300)
        names = history.space.names
        focus = {
            "prioritise": [name for name in course.prioritise if name in names][:4],
            "freeze": [name for name in course.freeze if name in names and name not in course.prioritise],
        }
        if course.decision == "go on":
            wanted = [f"{verb} {', '.join(map(short, focus[verb]))}" for verb in focus if focus[verb]]
            self.gateway.note("focus", "; ".join([reason, *wanted]), by=self.role, **focus)
            return replace(step, specialists=tuple(focus["prioritise"]))
        still = history.since_best >= _STOOD_STILL * history.settled
        if history.settled >= _LEAST_TRIALS and still:
            return Step(stop=True, reason=f"the coordinator ends it, as nothing improves: {reason}")
        why = f"before {_LEAST_TRIALS} trials" if still else f"{history.since_best} trials after a new best"
        self.gateway.note("refuse", f"a stop is not followed {why}: {reason}", by=self.role)
        return step
