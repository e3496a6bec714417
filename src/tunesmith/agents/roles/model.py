"""Whom a role asks."""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import BaseModel

Answer = TypeVar("Answer", bound=BaseModel)


class Model(Protocol):
    """Whoever answers: `tunesmith.llm.language_model.LanguageModel`, or an object of your own in its place."""

    def ask(self, role: str, *, instructions: str, question: str, answer: type[Answer]) -> Answer:
        """Return an answer of the type that is asked for; raises `NoAnswer` where there is none."""
        ...
