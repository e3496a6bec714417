"""The coordinator on a language model: whether to go on, and which parameters the adviser should change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field

from ...history.history import History
from ...journal.events import SearchFocused, StopRefused
from ...runner.base import Coordinator, Step
from ...text.cleaning import short
from ..gateway import ModelGateway
from ..study_summary import StudySummary
from .model import Model, ask

EVERY = 10
"""Number of settled trials between two questions."""

_ROLE = "coordinator"
_LEAST_TRIALS = 30
_STALLED_SHARE = 0.4  # Share of all trials without a new best from which a stop is followed.


class CoordinatorAnswer(BaseModel):
    """The coordinator's answer."""

    decision: Literal["go on", "stop"] = Field(description="whether the study goes on")
    prioritise: list[str] = Field(default_factory=list, max_length=8, description="parameters to change next")
    freeze: list[str] = Field(default_factory=list, max_length=100, description="parameters to leave as they are")
    reason: str = Field(description="why, in one or two sentences")


class ModelCoordinator:
    """Lets the rules decide, and asks a language model after every ten trials where they go on.

    Its stop is followed only where the history shows no progress. What it freezes and prioritises applies only to the
    adviser; the optimiser keeps searching the whole space.

    Args:
        rules: The rules, which decide first.
        gateway: The study's language model.
    """

    def __init__(self, rules: Coordinator, gateway: ModelGateway) -> None:
        self.rules = rules
        self.gateway = gateway
        self._next = EVERY

    def decide(self, history: History, *, seconds: float) -> Step:
        """Return the next step; see `Coordinator.decide`."""
        step = self.rules.decide(history, seconds=seconds)
        if step.stop or step.room == 0 or history.settled < self._next:
            return step
        answer = self.gateway.ask(_ROLE, lambda: self._prepare(history))
        if self.gateway.is_pending(_ROLE):
            return step
        self._next = history.settled + EVERY
        return step if answer is None else self._apply(history, step, answer)

    def is_due(self, history: History) -> bool:
        """Tell whether the next decision asks the model, or waits for its answer."""
        return history.settled >= self._next or self.gateway.is_pending(_ROLE)

    def _prepare(self, history: History) -> Callable[[Model], CoordinatorAnswer]:
        question = str(StudySummary(history, trials_left=self.gateway.trials_left))
        return lambda model: ask(model, _ROLE, question, CoordinatorAnswer)

    def _apply(self, history: History, step: Step, answer: CoordinatorAnswer) -> Step:
        reason = short(answer.reason, 300)
        names = history.space.names
        prioritise = tuple([name for name in answer.prioritise if name in names][:4])
        freeze = tuple(name for name in answer.freeze if name in names and name not in answer.prioritise)
        if answer.decision == "go on":
            focus = {"prioritise": prioritise, "freeze": freeze}
            listed = [f"{verb} {', '.join(map(short, parameters))}" for verb, parameters in focus.items() if parameters]
            self.gateway.emit(
                SearchFocused(reason="; ".join([reason, *listed]), by=_ROLE, prioritise=prioritise, freeze=freeze)
            )
            return replace(step, specialists=prioritise)
        has_stalled = history.since_best >= _STALLED_SHARE * history.settled
        if history.settled >= _LEAST_TRIALS and has_stalled:
            return Step(stop=True, reason=f"the coordinator stopped the study because nothing improves: {reason}")
        why = f"before {_LEAST_TRIALS} trials" if has_stalled else f"{history.since_best} trials after a new best"
        self.gateway.emit(StopRefused(reason=f"a stop is not followed {why}: {reason}", by=_ROLE))
        return step
