"""The judge: whether a small gain is worth a repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import orjson
from pydantic import BaseModel, Field

from ...core.trial import Trial, Verdict
from ...history.history import History
from ...text.cleaning import short
from ..gateway import ModelGateway
from ..study_summary import trial_to_json
from .model import Model, ask

_ROLE = "judge"


class JudgeAnswer(BaseModel):
    """The judge's answer."""

    decision: Literal["accept", "reject", "replicate"] = Field(description="what to make of the trial")
    reason: str = Field(description="why, in one sentence")


class ModelReviewer:
    """Asks the study's language model about borderline trials.

    Args:
        gateway: The study's language model.
    """

    def __init__(self, gateway: ModelGateway) -> None:
        self.gateway = gateway

    def review(self, history: History, trial: Trial, doubt: str) -> Verdict | None:
        """Return a verdict; None where the answer is pending or the model unavailable."""

        def prepare() -> Callable[[Model], JudgeAnswer]:
            question = self._question(history, trial, doubt)
            return lambda model: ask(model, _ROLE, question, JudgeAnswer)

        answer = self.gateway.ask(_topic(trial), prepare)
        if answer is None:
            return None
        return Verdict(decision=answer.decision, reason=f"{doubt}; {short(answer.reason, 300)}", by=_ROLE)

    def is_pending(self, trial: Trial) -> bool:
        """Tell whether the verdict on a trial is still to come."""
        return self.gateway.is_pending(_topic(trial))

    def _question(self, history: History, trial: Trial, doubt: str) -> str:
        rival, names = history.rival(trial), history.space.names
        table = {
            "objective": str(history.objective),
            "trial": trial_to_json(trial, names),
            "it_would_take_the_lead_from": None if rival is None else trial_to_json(rival, names),
            "in_doubt": doubt,
            "noise": history.noise,
            "trials_left": self.gateway.trials_left,
        }
        return orjson.dumps(table).decode()


def _topic(trial: Trial) -> str:
    return f"judge of trial {trial.number}"
