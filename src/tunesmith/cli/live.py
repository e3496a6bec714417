"""The live view of `tunesmith run`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Column, Table

from ..core.budget import Budget
from ..history.history import History
from ..journal.events import Event
from ..progress import panels
from ..progress.layout import Title
from ..progress.live_state import LiveState, Snapshot
from .request import open_request

WIDE = 110
"""From this width on, the best trial and the budget are side by side."""


class Frame:
    """A running study, drawn to fit the terminal.

    Args:
        name: The study's name.
        folder: The study's folder, or None for a study in memory.
        budget: The limits of the study.
        slots: How many trials run at once.
        clock: Seconds by a clock that never jumps.
        now: Seconds since 1970, for deadlines, which other processes show too.

    Attributes:
        typed: Returns what has been typed as an answer, or None where the keyboard is not read.
        waiting: Returns why a trial waits for its turn, empty if that is not known; None if it runs.
        answers: What roles have answered so far, by role.
    """

    def __init__(
        self,
        name: str,
        folder: Path | None,
        budget: Budget,
        slots: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.typed: Callable[[], str | None] = lambda: None
        self.waiting: Callable[[int], str | None] = lambda number: None
        self.answers: dict[str, str] = {}
        self._name, self._folder, self._budget, self._slots, self._now = name, folder, budget, slots, now
        self._state, self._lock = LiveState(clock), threading.Lock()

    def record(self, event: Event, history: History) -> None:
        """Record an event, to be drawn later."""
        self._state.record(event, history)

    def show_answer(self, role: str, words: str) -> None:
        """Show what a role has answered so far; empty words remove the line. May be called from any thread."""
        with self._lock:
            others = {name: answer for name, answer in self.answers.items() if name != role or words}
            self.answers = others | ({role: words} if words else {})  # A new one: another thread may read the old.

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as many lines as fit."""
        snapshot = self._state.snapshot()
        if snapshot is None:
            yield panels.preparing(self._name)
            return
        # The last line stays free: the cursor moves there at the end, and would scroll the first one away.
        height, options = console.size.height - 1, options.update(height=None)

        def drawn(*parts: RenderableType) -> list[list[Segment]]:
            return console.render_lines(Group(*parts), options, pad=False)

        top = [panels.heading(self._name, self._folder, snapshot, self._budget), panels.warnings(snapshot)]
        top.append(self._top(snapshot, options.max_width, 2 if height < 30 else 5))
        if snapshot.approval_requests:
            first, more = snapshot.approval_requests[0], len(snapshot.approval_requests) - 1
            metric = snapshot.objective.primary.name
            top.append(open_request(first, self._now(), metric, self._folder, more=more, typed=self.typed()))
        lines = drawn(*top)
        # A third of the other lines is for running trials, a few are for proposers, the rest is for settled trials.
        notes = drawn(panels.decision(snapshot), panels.GrowingAnswer(self.answers))
        room = height - len(lines) - len(notes) - 3
        curve = panels.curve_width(options.max_width)
        rows = max(min(self._slots, room // 3), 1)
        running = panels.running(snapshot, rows, self._slots, curve, self.waiting)
        above, below = drawn(Title("running"), running), drawn(*self._groups(snapshot, room))
        settled = panels.settled(snapshot, room - len(above) - len(below) + 2)
        done = drawn(Title("settled", panels.counts(snapshot)), settled)
        # The families of a fit are its leaderboard; the proposers of another study matter less than its trials.
        lines += [*below, *above, *done, *notes] if snapshot.families else [*above, *done, *below, *notes]
        for segments in lines[:height]:
            yield from segments
            yield Segment.line()

    @staticmethod
    def _groups(snapshot: Snapshot, room: int) -> tuple[RenderableType, RenderableType]:
        """Return the families of a fit, or the proposers of another study."""
        if snapshot.families:
            rows = min(max(4, room - 8), len(snapshot.families))
            return Title("families"), panels.families(snapshot, rows)
        return Title("proposers"), panels.shares(snapshot, min(2 if room < 16 else 8, len(snapshot.shares)))

    def _top(self, snapshot: Snapshot, width: int, rows: int) -> RenderableType:
        best = [Title("best so far"), panels.best(snapshot, rows)]
        limits = panels.limits(snapshot, self._budget)
        if width < WIDE:
            return Group(*best, limits)
        grid = Table.grid(Column(ratio=11), Column(ratio=9), expand=True, padding=(0, 2, 0, 0))
        grid.add_row(Group(*best), Group(Title("budget"), limits))
        return grid
