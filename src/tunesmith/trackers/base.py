"""The protocol of a tracker: sends what happens in a study somewhere else."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..history.history import History
from ..journal.events import Event


class Tracker(Protocol):
    """Mirrors a study in another system. The study never reads it back and never waits for it.

    All methods are called on one background thread. An exception from any of them makes the study call `open` again,
    at once and then after growing pauses, with everything that has happened by then; an `InputError` ends the tracker
    for this session. Nothing but the other system may hold state that a resumed study relies on.
    """

    def open(self, history: History) -> None:
        """Bring the other system up to date.

        Called when a session starts, and again after a failure or when the tracker has fallen too far behind. Whatever
        of `history` is there already, from this session or from one that was killed, must not be entered twice.

        Args:
            history: The tracker's own copy of the study, which nobody else changes. Each later event is applied to it
                before `record` is called.
        """
        ...

    def record(self, event: Event) -> None:
        """Record one event. Events come in the journal's order, each once, without gaps since `open`."""
        ...

    def close(self) -> None:
        """Finish at the end of a session, and free resources. `open` may be called again afterwards."""
        ...


@runtime_checkable
class BufferedTracker(Tracker, Protocol):
    """A tracker that collects what is recorded and sends it in batches."""

    def flush(self) -> bool:
        """Send one batch of what has been collected.

        Called while no event is waiting, until nothing is left, and before `close`.

        Returns:
            Whether more is left to send.
        """
        ...
