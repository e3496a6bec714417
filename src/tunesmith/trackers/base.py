"""What a tracker must do."""

from __future__ import annotations

from typing import Protocol

from ..history.history import History
from ..journal.events import Event


class Tracker(Protocol):
    """Is told of every event of a running study, after it was journaled; never read back."""

    def record(self, event: Event, history: History) -> None:
        """Take note of an event; `history` already includes it."""
        ...
