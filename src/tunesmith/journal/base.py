"""The interface of a journal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from .events import Event


class Journal(Protocol):
    """An append-only list of events, from which everything else about a study is derived."""

    def append(self, *events: Event) -> None:
        """Append events in order. They survive the end of this process, but a power cut only after `sync`."""
        ...

    def sync(self) -> None:
        """Return once every appended event would survive a power cut."""
        ...

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield the events in order, without the first `after`."""
        ...

    def close(self) -> None:
        """Release the journal. Closing twice is not an error."""
        ...
