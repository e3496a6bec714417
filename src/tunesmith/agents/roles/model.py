"""Whom a role asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from ...llm.client import ModelClient

Answer = TypeVar("Answer", bound=BaseModel)


class Model(Protocol):
    """Whoever answers: `tunesmith.llm.client.ModelClient`, or an object of your own in its place."""

    def ask(self, role: str, *, instructions: str, question: str, answer: type[Answer]) -> Answer:
        """Return an answer of the type that is asked for; raises `ModelUnavailable` where there is none."""
        ...


@dataclass(frozen=True)
class Equipped:
    """A language model with tools that it may call before it answers; a role asks it as any other.

    Args:
        model: Who answers.
        tools: Functions with typed arguments and a docstring each.
    """

    model: ModelClient
    tools: Sequence[Callable[..., Any]]

    def ask(self, role: str, *, instructions: str, question: str, answer: type[Answer]) -> Answer:
        """Return an answer; see `Model`."""
        return self.model.ask(role, instructions=instructions, question=question, answer=answer, tools=self.tools)
