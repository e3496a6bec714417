"""The planner: what to change next, and why."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, Field

from ...history.history import History
from ..study_summary import StudySummary

MAX_IDEAS = 8


class Change(BaseModel):
    """A new value of one parameter."""

    parameter: str = Field(description="the parameter's name, as in the digest")
    value: bool | int | float | str | None = Field(description="its new value, within its range, without a unit")


class Idea(BaseModel):
    """One configuration to try."""

    step: Literal["small", "medium", "radical", "stop"] = Field(description="how large a step this is")
    changes: list[Change] = Field(default_factory=list, description="what differs from the parent")
    parent: int | None = Field(default=None, description="the trial that it starts from; the best by default")
    reason: str = Field(description="why, in one or two sentences")
    expected: float | None = Field(default=None, description="the metric's value that is expected")


class Plan(BaseModel):
    """The planner's answer."""

    ideas: list[Idea] = Field(min_length=1, max_length=MAX_IDEAS, description="the most promising first")


def question(history: History, *, count: int = 1, trials_left: int | None = None, about: str = "") -> str:
    """Return the question for the planner.

    Args:
        history: The study's history.
        count: Number of ideas; at most 8 are requested.
        trials_left: Trials left in the budget; None for no limit.
        about: What is known beside the trials, as the findings about a table.
    """
    count = min(count, MAX_IDEAS)
    wanted = f"Give {count} idea{'' if count == 1 else 's, each different from the others'}."
    known = f"\n{json.dumps({'about_the_task': about}, ensure_ascii=False)}" if about else ""
    return f"{StudySummary(history, trials_left=trials_left)}{known}\n\n{wanted}"
