"""A study on the terminal while it runs: a live view for people, plain lines for pipes and logs."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.live import Live
from rich.text import Text

from ..core.approval_request import ASK, Question
from ..core.budget import Budget
from ..core.trial import State, Trial
from ..history.history import History
from ..journal.base import Event
from ..reports import asking
from ..reports.comparison import held_out_scores
from ..service.live_state import LiveState, Picture
from ..text.cleaning import clean
from ..text.wording import change, duration, number
from . import panels
from .keyboard import Keyboard
from .question import waiting_lines
from .terminal import Printable, near

REFRESHES_PER_SECOND = 4
WIDE = 110
"""From this width on, best and limits stand beside each other."""


class LiveView:
    """Follows a running study on a terminal. A tracker and a context manager.

    `record` only takes note; a thread of its own draws, four times a second at most.

    Args:
        name: The study's name.
        folder: The study's folder, or None where it is kept in memory.
        budget: The limits that are shown.
        slots: How many trials run at once.
        console: Where to draw.
    """

    def __init__(self, name: str, folder: Path | None, budget: Budget, slots: int, console: Console) -> None:
        self._frame = Frame(name, folder, budget, slots)
        self._console = console
        self._size = console.size
        self._redirected: list[logging.StreamHandler[TextIO]] = []
        self._live = Live(
            get_renderable=self._draw,
            console=console,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=True,
            vertical_overflow="crop",
        )

    def listen(self, keyboard: Keyboard) -> None:
        """Show what is typed, and that it answers a question."""
        self._frame.typed = lambda: keyboard.typed

    def record(self, event: Event, history: History) -> None:
        """Take note of an event."""
        self._frame.tally.record(event, history)

    def hear(self, role: str, words: str) -> None:
        """Show what a role says so far, while it answers, or nothing any more; may come from any thread."""
        self._frame.hear(role, words)

    def __enter__(self) -> Self:
        """Start to draw."""
        # Rich puts what is written to sys.stderr above the view, but a log handler holds the stream of before.
        loggers = [handler for handler in logging.getLogger().handlers if isinstance(handler, logging.StreamHandler)]
        self._redirected = [handler for handler in loggers if handler.stream is sys.stderr]
        self._live.start(refresh=True)
        for handler in self._redirected:
            handler.setStream(sys.stderr)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the view away again."""
        self._live.stop()
        for handler in self._redirected:
            handler.setStream(sys.stderr)

    def _draw(self) -> Printable:
        if self._console.size != self._size:
            # The terminal has wrapped the old lines anew; drawing over them would leave their remains.
            self._size = self._console.size
            self._console.control(Control.home(), Control.clear())
        return Printable(self._frame)


class Frame:
    """One picture of a running study, made to fit the space that it is given.

    Args:
        name: The study's name.
        folder: The study's folder, or None.
        budget: The limits that are shown.
        slots: How many trials run at once.
        clock: Seconds since 1970.

    Attributes:
        typed: Gives what has been typed as an answer to a question; None where nothing can be.
    """

    def __init__(
        self, name: str, folder: Path | None, budget: Budget, slots: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.tally = LiveState()
        self.typed: Callable[[], str | None] = lambda: None
        self._name, self._folder, self._budget, self._slots, self._clock = name, folder, budget, slots, clock
        self._lock = threading.Lock()
        self._saying: dict[str, str] = {}

    def hear(self, role: str, words: str) -> None:
        """Take note of what a role says so far; see `LiveView.hear`."""
        with self._lock:
            others = {name: said for name, said in self._saying.items() if name != role or words}
            self._saying = others | ({role: words} if words else {})  # Drawn from another thread: never changed.

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as many lines as fit."""
        now = self._clock()
        picture = self.tally.picture(now)
        # The lowest line stays free: the cursor goes there at the end, and must not push the first line out.
        width, height = options.max_width, console.size.height - 1
        if picture is None:
            yield Text(f" {clean(self._name)}  preparing …", style="dim")
            return
        lines = self._top(picture, width, height)
        lines += waiting_lines(
            picture.questions,
            width,
            now,
            folder=self._folder,
            metric=picture.objective.primary.name,
            typed=self.typed(),
        )
        lines += self._lower(picture, width, height - len(lines), now)
        yield from (self._line(text) for text in lines[:height])

    @staticmethod
    def _line(text: Text) -> Text:
        text.no_wrap, text.overflow = True, "ellipsis"
        return text

    def _top(self, picture: Picture, width: int, height: int) -> list[Text]:
        head = panels.heading(self._name, self._folder, picture, self._budget, width)
        rows = 2 if height < 30 else 5
        if width < WIDE:
            lines = [*panels.best(picture, width, rows), *panels.limit_lines(picture, self._budget, width)]
            return [head, panels.title("best so far", width), *lines]
        left_width = width * 11 // 20 - 2
        left = [panels.title("best so far", left_width), *panels.best(picture, left_width, rows)]
        right_width = width - left_width - 2
        right = [panels.title("budget", right_width), *panels.limit_lines(picture, self._budget, right_width)]
        return [head, *_beside(left, right, left_width, right_width)]

    def _lower(self, picture: Picture, width: int, room: int, now: float) -> list[Text]:
        """Share the lines that are left: a third for what runs, a few for who proposed, the rest for what settled."""
        decision = panels.decision_lines(picture, width) + panels.saying_lines(self._saying, width)
        room -= len(decision) + 3
        running = panels.running_lines(picture, width, max(min(self._slots, room // 3), 1), now, self._slots)
        shares = panels.share_lines(picture, width, min(2 if room < 16 else 8, len(picture.shares)))
        settled = panels.settled_lines(picture, width, room - len(running) - len(shares))
        lines = [panels.title("running", width), *running]
        lines += [panels.title("settled", width, panels.counts(picture)), *settled]
        return [*lines, panels.title("who proposed", width), *shares, *decision]


def _beside(left: list[Text], right: list[Text], left_width: int, right_width: int) -> list[Text]:
    lines = []
    for place in range(max(len(left), len(right))):
        one = left[place] if place < len(left) else Text()
        other = right[place] if place < len(right) else Text()
        lines.append(
            Text()
            .append_text(panels.fitted(one, left_width))
            .append("  ")
            .append_text(panels.fitted(other, right_width))
        )
    return lines


class PlainView:
    """Follows a running study in plain lines, one for each thing worth knowing: for pipes and logs.

    A tracker and a context manager, made like `LiveView`.

    Args:
        name: The study's name.
        folder: The study's folder, or None where it is kept in memory.
        budget: The limits of the study.
        slots: How many trials run at once.
        console: Where to print.
    """

    def __init__(self, name: str, folder: Path | None, budget: Budget, slots: int, console: Console) -> None:
        self._name, self._folder, self._budget, self._slots, self._console = name, folder, budget, slots, console
        self._leader: int | None = None
        self._opened = False

    def record(self, event: Event, history: History) -> None:
        """Print a line, if the event is worth one."""
        if not self._opened:
            self._open(history, event)
        if event.kind == "decided":
            self._print(Text(f"decision  {clean(event.data.get('reason') or dict(event.data))}"))
            if event.data.get("action") == ASK and (questions := history.questions.open):
                self._ask(questions[-1], event.time)
        if event.trial is None:
            return
        trial = history.trials[event.trial]
        if event.kind == "finished":
            self._print(self._finished(trial, history))
        elif event.kind == "interrupted":
            why = clean(event.data.get("reason", ""))
            words = "interrupted" if why in ("", "interrupted") else f"interrupted ({why})"
            self._print(Text(f"trial {trial.number:>3}  {words}; it waits for another attempt"))
        elif event.kind == "judged" and trial.verdict is not None:
            self._judged(trial)
        elif event.kind == "tested":
            measured = "  ".join(f"{clean(name)} {number(value)}" for name, value in held_out_scores(trial).items())
            failed = f"failed: {clean(event.data.get('failure', {}).get('reason', 'no measurement'))}"
            self._print(Text(f"trial {trial.number:>3}  on the test part: {measured or failed}"))
        if event.kind in ("finished", "judged", "noted") and history.best is not None:
            self._leader = history.best.number

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def _open(self, history: History, event: Event) -> None:
        self._opened = True
        standing = history.best is not None and event.trial != history.best.number
        self._leader = history.best.number if standing and history.best is not None else None
        limits = ", ".join(f"{name}={value:g}" for name, value in self._budget.to_table().items()) or "no limit"
        where = "" if self._folder is None else f"  {near(self._folder)}"
        words = f"study {clean(self._name)}  {clean(history.objective)}  {limits}  slots={self._slots}{where}"
        self._print(Text(words))
        if history.settled > (event.kind == "finished"):
            self._print(Text(f"resumed with {history.settled} settled trials"))
        for question in history.questions.open if event.kind == "opened" else ():
            self._print(Text(f"waiting   {asking.asked(question)}"))
            self._ask(question, event.time)

    def _ask(self, question: Question, now: float) -> None:
        """Say how a step is answered that waits for approval."""
        how = asking.command(question, None if self._folder is None else near(self._folder))
        left = asking.left(question, now)
        self._print(Text(f"          in {left} it is {asking.then(question)}; answer with: {how}  (or --reject)"))

    def _finished(self, trial: Trial, history: History) -> Text:
        shown = history.objective.shown
        values = [f"{clean(metric.name)} {number(trial.metrics.get(metric.name))}" for metric in shown]
        parts = [f"trial {trial.number:>3}", *values, str(trial.state), clean(trial.proposal.proposer)]
        parts.append(duration(trial.seconds))
        if trial.state is State.PRUNED and trial.reports:
            parts.append(f"at step {trial.reports[-1].step}")
        if trial.failure is not None:
            parts.append(panels.reason(trial))
        if history.objective.pareto:
            if trial.number in {member.number for member in history.front}:
                parts.append(f"on the front of {len(history.front)}")
        elif history.best is not None and history.best.number == trial.number != self._leader:
            parts.append(self._new_best(trial, history))
        return Text("  ".join(parts))

    @staticmethod
    def _new_best(trial: Trial, history: History) -> str:
        name = history.objective.primary.name
        first = history.trials[0].metrics.get(name)
        if trial.number == 0 or first is None:
            return "new best"
        share = change(trial.metrics[name], first)
        return f"new best ({share} from trial 0)" if share else "new best"

    def _judged(self, trial: Trial) -> None:
        verdict = trial.verdict
        assert verdict is not None
        if verdict.decision == "replicate" or verdict.binding or verdict.by == "user":
            words = {"accept": "accepted", "reject": "rejected", "replicate": "to be repeated"}[verdict.decision]
            self._print(Text(f"trial {trial.number:>3}  {words} by {clean(verdict.by)}: {clean(verdict.reason)}"))

    def _print(self, line: Text) -> None:
        self._console.print(Printable(line), soft_wrap=True, highlight=False)
