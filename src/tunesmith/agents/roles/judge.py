"""The judge: whether a gain that may be luck is worth a repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import orjson
from pydantic import BaseModel, Field

from ...core.trial import Trial, Verdict
from ...history.history import History
from ...text.cleaning import short
from ..gateway import ModelGateway
from ..prompts import prompt
from ..study_summary import trial_table
from .model import Model


class Opinion(BaseModel):
    """What the judge answers."""

    decision: Literal["accept", "reject", "replicate"] = Field(description="what to make of the trial")
    reason: str = Field(description="why, in one sentence")


class ModelReferee:
    """Asks a language model about what is borderline.

    Args:
        gateway: Whom it asks.
    """

    role = "judge"

    def __init__(self, gateway: ModelGateway) -> None:
        self.gateway = gateway

    def decide(self, history: History, trial: Trial, doubt: str) -> Verdict | None:
        """Return a verdict; None where nobody answers, or not yet."""

        def prepare() -> Callable[[Model], Opinion]:
            question = self._question(history, trial, doubt)
            return lambda model: model.ask(self.role, instructions=prompt(self.role), question=question, answer=Opinion)

        opinion = self.gateway.consult_later(_about(trial), prepare)
        if opinion is None:
            return None
        return Verdict(decision=opinion.decision, reason=f"{doubt}; {short(opinion.reason, 300)}", by=self.role)

    def is_thinking(self, trial: Trial) -> bool:
        """Tell whether the verdict on a trial is still to come."""
        return self.gateway.waits_for(_about(trial))

    def _question(self, history: History, trial: Trial, doubt: str) -> str:
        rival = history.rival(trial)
        told = {
            "objective": str(history.objective),
            "trial": trial_table(trial, history.space.names),
            "it_would_take_the_lead_from": None if rival is None else trial_table(rival, history.space.names),
            "in_doubt": doubt,
            "noise": history.noise,
            "trials_left": self.gateway.trials_left,
        }
        return orjson.dumps(told).decode()


def _about(trial: Trial) -> str:
    return f"judge of trial {trial.number}"
