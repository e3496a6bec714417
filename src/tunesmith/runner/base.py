"""The interfaces through which language models take part in a running study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..history.history import History


@dataclass(frozen=True, kw_only=True)
class Step:
    """A coordinator's decision.

    Args:
        stop: Whether the study ends.
        reason: Why it ends.
        failed: Whether it ends because nothing works.
        room: The number of trials that may still be proposed; None for no limit.
        specialists: The parameters whose specialists are asked now.
    """

    stop: bool = False
    reason: str = ""
    failed: bool = False
    room: int | None = None
    specialists: tuple[str, ...] = ()


class Coordinator(Protocol):
    """Decides whether a study continues."""

    def decide(self, history: History, *, seconds: float) -> Step:
        """Return the next step.

        Args:
            history: The study's history.
            seconds: Wall-clock seconds of all sessions.
        """
        ...

    def is_due(self, history: History) -> bool:
        """Tell whether the next decision asks a language model, so that the graph must make it."""
        ...


class Adviser(Protocol):
    """The part of a study's language model that a running study uses."""

    def open(self, *, concurrent: bool, should_cancel: Callable[[], bool]) -> None:
        """Open the adviser for a session.

        Args:
            concurrent: Whether several trials run at once, so that slots must not wait for an answer.
            should_cancel: Returns True once the study is about to end.

        Raises:
            InputError: The model's settings are wrong.
        """
        ...

    def ask_specialist(self, parameter: str) -> None:
        """Ask the specialist of a parameter; the answer is advice for the next proposals."""
        ...

    def cancel(self) -> None:
        """Cancel pending requests, and make no new ones."""
        ...

    def close(self) -> None:
        """Journal the cost of the last calls and close all connections."""
        ...
