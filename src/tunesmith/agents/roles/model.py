"""The model that a role asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from ...errors import ModelUnavailable
from ...text.cleaning import short
from ..prompts import prompt

Answer = TypeVar("Answer", bound=BaseModel)
Tools = Sequence[Callable[..., Any]]


class Model(Protocol):
    """A language model: `tunesmith.llm.client.ModelClient`, or another object in its place."""

    def ask(self, role: str, *, instructions: str, question: str, answer: type[Answer], tools: Tools = ()) -> Answer:
        """Return an answer of the given type; raise `ModelUnavailable` where there is none."""
        ...


def unanswered(error: ModelUnavailable) -> str:
    """Return what a role says where no model answered, and rules alone did."""
    return f"no language model answered: {short(error, 200)}"


def ask(model: Model, role: str, question: str, answer: type[Answer], tools: Tools = ()) -> Answer:
    """Ask a question with the role's prompt.

    Raises:
        ModelUnavailable: No model answers.
    """
    return model.ask(role, instructions=prompt(role), question=question, answer=answer, tools=tools)
