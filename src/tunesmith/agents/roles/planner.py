"""The planner: what to change next, and why."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from ...history.history import History
from ..prompts import prompt
from ..study_summary import StudySummary
from .model import Model

MOST_IDEAS = 8


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
    """What the planner answers."""

    ideas: list[Idea] = Field(min_length=1, max_length=MOST_IDEAS, description="the most promising first")


class Planner:
    """Reads a digest and says what to change.

    Args:
        model: Whom it asks.
    """

    role = "planner"

    def __init__(self, model: Model) -> None:
        self.model = model

    def plan(self, history: History, *, count: int = 1, trials_left: int | None = None) -> Plan:
        """Return ideas.

        Args:
            history: All that is known.
            count: How many are wanted; at most 8.
            trials_left: What the budget still allows; None for no limit.

        Raises:
            ModelUnavailable: There is none.
        """
        return self.answer(question(history, count=count, trials_left=trials_left))

    def answer(self, question: str) -> Plan:
        """Return ideas in answer to a `question`.

        Raises:
            ModelUnavailable: There is none.
        """
        return self.model.ask(self.role, instructions=prompt(self.role), question=question, answer=Plan)


def question(history: History, *, count: int = 1, trials_left: int | None = None) -> str:
    """Return what the planner is asked; see `Planner.plan`."""
    count = min(count, MOST_IDEAS)
    wanted = f"Give {count} idea{'' if count == 1 else 's, each different from the others'}."
    return f"{StudySummary(history, trials_left=trials_left)}\n\n{wanted}"
