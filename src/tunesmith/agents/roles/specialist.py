"""A specialist: which value of one parameter is worth a trial."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from pydantic import BaseModel, Field

from ...core.trial import Trial
from ...history.history import History
from ...text.cleaning import short
from ..prompts import prompt
from ..study_summary import range_table, trial_table, value_table
from .model import Model

_BEST, _LAST = 10, 10


class Suggestion(BaseModel):
    """What a specialist answers."""

    values: list[bool | int | float | str | None] = Field(
        min_length=1, max_length=2, description="values of the parameter that are worth a trial, the better one first"
    )
    reason: str = Field(description="why, in one sentence")


class Specialist:
    """Looks at one parameter alone.

    Args:
        model: Whom it asks.
        parameter: Its name.
    """

    role = "specialist"

    def __init__(self, model: Model, parameter: str) -> None:
        self.model = model
        self.parameter = parameter

    def suggest(self, history: History) -> Suggestion:
        """Return values that are worth a trial.

        Raises:
            ModelUnavailable: There are none.
        """
        return self.answer(question(history, self.parameter))

    def answer(self, question: str) -> Suggestion:
        """Return values in answer to a `question`.

        Raises:
            ModelUnavailable: There are none.
        """
        return self.model.ask(self.role, instructions=prompt(self.role), question=question, answer=Suggestion)


def question(history: History, parameter: str) -> str:
    """Return what the specialist of a parameter is asked."""
    known = np.flatnonzero(np.isfinite(history.losses) & (history.violations == 0))
    ranked = known[np.argsort(history.losses[known], kind="stable")]
    told = {
        "objective": str(history.objective),
        "parameter": short(parameter, 80),
        "range": range_table(history.space.parameters[parameter]),
        "best_trials": [_row(history.trials[number], parameter) for number in ranked[:_BEST].tolist()],
        "last_trials": [_row(trial, parameter) for trial in history.trials[-_LAST:]],
        "best_configuration": None if history.best is None else trial_table(history.best, history.space.names[:60]),
    }
    return orjson.dumps(told).decode()


def _row(trial: Trial, parameter: str) -> dict[str, Any]:
    told = trial_table(trial, [parameter])
    told.pop("parameters", None)
    return {**told, "value": value_table(trial.parameters.get(parameter))}
