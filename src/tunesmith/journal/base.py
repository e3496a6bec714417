"""An event, and what a journal must do."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

EventKind = Literal[
    "created",  # the study: name, space, objective, task, seed
    "opened",  # a session began: pid, host, versions, budget, search
    "closed",  # a session ended: reason
    "proposed",  # a trial was thought of
    "started",  # an attempt at it began
    "reported",  # it said how it goes
    "finished",  # it is settled: complete, pruned or failed
    "interrupted",  # its attempt ended through no fault of its own; it waits again
    "judged",  # a verdict on it
    "tested",  # the held-out test part was opened for it
    "noted",  # a user wrote about it
    "called",  # a language model was asked: role, model, tokens, cost
    "decided",  # the coordinator chose to stop, or learnt something
]


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Args:
        kind: What; see `EventKind`.
        trial: The trial's number, or None where the event is about the study.
        data: Plain JSON values.
        time: Seconds since 1970.
    """

    kind: EventKind
    trial: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    time: float = field(default_factory=time.time)


class Journal(Protocol):
    """The only truth of a study: a list of events that only grows."""

    def append(self, *events: Event) -> None:
        """Add events, in order. They survive the death of this process, not yet a power cut."""
        ...

    def sync(self) -> None:
        """Return once every appended event would survive a power cut."""
        ...

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield the events in order, leaving out the first `after`."""
        ...

    def close(self) -> None:
        """Let go of the journal. Closing twice is no error."""
        ...
