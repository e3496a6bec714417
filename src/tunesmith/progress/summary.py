"""The progress of a study in a few lines, for a Python program that runs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

from ..core.budget import Budget
from ..history.history import History
from ..journal.events import Event, SessionClosed
from ..text.cleaning import clean
from . import panels
from .layout import NAME, line
from .live_state import LiveState, Snapshot

_MOST_RUNNING = 3
_MOST_FAMILIES = 6


class Summary:
    """A running study: trials done, best trial, last trial, running trials, and the time left.

    Args:
        name: The study's name.
        folder: The study's folder, or None for a study in memory.
        budget: The limits of the study.
        slots: How many trials run at once.
        clock: Seconds by a clock that never jumps.
    """

    def __init__(
        self, name: str, folder: Path | None, budget: Budget, slots: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._folder, self._budget, self._slots = name, folder, budget, slots
        self._state = LiveState(clock)
        self._end: str | None = None

    def record(self, event: Event, history: History) -> None:
        """Record an event, to be drawn later."""
        self._state.record(event, history)
        self._end = event.reason if isinstance(event, SessionClosed) else None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw a few lines."""
        if (snapshot := self._state.snapshot()) is None:
            yield panels.preparing(self._name)
            return
        yield from self._parts(snapshot, options.max_width)

    def _parts(self, snapshot: Snapshot, width: int) -> Iterator[RenderableType]:
        yield panels.heading(self._name, self._folder, snapshot, self._budget)
        yield panels.limits(snapshot, self._budget)
        yield panels.leader(snapshot)
        if snapshot.families:
            yield panels.families(snapshot, _MOST_FAMILIES)
        last = snapshot.settled[0] if snapshot.settled else None
        if last is not None and last.number not in snapshot.leaders:
            yield panels.settled(snapshot, 1)
        if self._end is not None:
            again = "; run it again to continue" if self._end == "interrupted" else ""
            yield line((" → ", NAME), f"{clean(self._end)}{again}")
        elif snapshot.running:
            rows = min(self._slots, _MOST_RUNNING)
            yield panels.running(snapshot, rows, self._slots, panels.curve_width(width))
