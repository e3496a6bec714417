"""The specialist: which values of one parameter are worth a trial."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from pydantic import BaseModel, Field

from ...core.trial import Trial
from ...history.history import History
from ...text.cleaning import short
from ..study_summary import range_to_json, trial_to_json, value_to_json

_BEST, _LATEST = 10, 10


class Suggestion(BaseModel):
    """The specialist's answer."""

    values: list[bool | int | float | str | None] = Field(
        min_length=1, max_length=2, description="values of the parameter that are worth a trial, the better one first"
    )
    reason: str = Field(description="why, in one sentence")


def question(history: History, parameter: str) -> str:
    """Return the question for the specialist of a parameter."""
    known = np.flatnonzero(np.isfinite(history.losses) & (history.violations == 0))
    ranked = known[np.argsort(history.losses[known], kind="stable")]
    best = history.best
    table = {
        "objective": str(history.objective),
        "parameter": short(parameter, 80),
        "range": range_to_json(history.space.parameters[parameter]),
        "best_trials": [_row(history.trials[number], parameter) for number in ranked[:_BEST].tolist()],
        "last_trials": [_row(trial, parameter) for trial in history.trials[-_LATEST:]],
        "best_configuration": None if best is None else trial_to_json(best, history.space.names[:60]),
    }
    return orjson.dumps(table).decode()


def _row(trial: Trial, parameter: str) -> dict[str, Any]:
    row = trial_to_json(trial, [parameter])
    row.pop("parameters", None)
    return {**row, "value": value_to_json(trial.parameters.get(parameter))}
