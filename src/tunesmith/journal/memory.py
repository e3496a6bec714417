"""A journal in memory, for studies without a folder."""

from __future__ import annotations

from collections.abc import Iterator

from .events import Event


class MemoryJournal:
    """Keeps events in a list.

    >>> from tunesmith.journal.events import SessionClosed, SessionOpened
    >>> journal = MemoryJournal()
    >>> journal.append(SessionOpened(), SessionClosed())
    >>> [event.kind for event in journal.events(after=1)]
    ['session_closed']
    """

    def __init__(self) -> None:
        self._events: list[Event] = []

    def append(self, *events: Event) -> None:
        """Append events in order."""
        self._events += events

    def sync(self) -> None:
        """Do nothing: memory does not survive a power cut."""

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield the events in order, without the first `after`."""
        yield from self._events[after:]

    def close(self) -> None:
        """Do nothing."""
