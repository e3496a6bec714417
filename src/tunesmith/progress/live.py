"""A live view on a terminal."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.control import Control
from rich.live import Live

from ..execution.output import streams_held
from .streams import CleanStream
from .terminal import Printable

log = logging.getLogger(__name__)

REFRESHES_PER_SECOND = 4


@dataclass(frozen=True)
class _Guarded:
    """Content that draws nothing where it fails: a user's `print` draws it too, and must not fail with it."""

    content: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        try:
            yield from list(console.render(self.content, options))
        except Exception:
            log.debug("the view could not be drawn", exc_info=True)


class _Live(Live):
    """A view whose thread survives the terminal."""

    def refresh(self) -> None:
        with suppress(OSError):
            super().refresh()


class LiveView:
    """Draws on a terminal at most four times per second. A context manager.

    Args:
        content: What to draw, anew each time.
        console: Where to draw.
        transient: Whether it is the only content of the screen, and removed at the end; else it stays below what the
            program prints.
    """

    def __init__(self, content: RenderableType, console: Console, *, transient: bool = True) -> None:
        self._content, self._console, self._size, self._transient = _Guarded(content), console, console.size, transient
        self._redirected: list[logging.StreamHandler[TextIO]] = []
        self._streams: dict[str, TextIO] = {}

    @classmethod
    def below_output(cls, content: RenderableType, terminal: TextIO) -> Self:
        """Return a view on a terminal, below what the program prints; its last state stays."""
        return cls(content, Console(file=terminal, highlight=False, force_jupyter=False), transient=False)

    def __enter__(self) -> Self:
        """Start to draw."""
        with streams_held():  # Else a trial in another thread could begin to print into the view instead of its log.
            self._start()
        return self

    def _start(self) -> None:
        self._live = _Live(
            get_renderable=self._draw,
            console=self._console,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=self._transient,
            # Not where it goes to a file, or to the log of a trial.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
            redirect_stderr=sys.stderr is not None and sys.stderr.isatty(),
            vertical_overflow="crop",
        )
        # Rich prints above the view what is written to sys.stdout and sys.stderr, and takes its escapes for style.
        # Log handlers hold the earlier stream.
        handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler, logging.StreamHandler)]
        self._redirected = [handler for handler in handlers if handler.stream is sys.stderr]
        earlier = {"stdout": sys.stdout, "stderr": sys.stderr}
        self._live.start(refresh=True)
        self._streams = {name: stream for name, stream in earlier.items() if getattr(sys, name) is not stream}
        if self._transient:  # Another program's own output stays as it is.
            for name in self._streams:
                setattr(sys, name, CleanStream(getattr(sys, name)))
        _views.append(self)
        for handler in self._redirected:
            handler.setStream(sys.stderr)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the view."""
        _views.remove(self)
        with suppress(OSError):  # The terminal was closed.
            self._live.stop()
        for name, stream in self._streams.items():
            setattr(sys, name, stream)
        for handler in self._redirected:
            handler.setStream(sys.stderr)

    def _draw(self) -> Printable:
        if self._console.size != self._size and self._transient:
            # The terminal has wrapped the old lines anew, so that drawing over them would leave remains.
            self._size = self._console.size
            self._console.control(Control.home(), Control.clear())
        return Printable(self._content)

    def leave_to_parent(self) -> None:
        """Let a forked process print for itself: a thread that it does not have may hold the lock of the view."""
        for name, stream in self._streams.items():
            if hasattr(getattr(sys, name), "rich_proxied_file"):
                setattr(sys, name, stream)
        for handler in self._redirected:
            handler.stream = getattr(handler.stream, "rich_proxied_file", handler.stream)


_views: list[LiveView] = []


def _after_fork() -> None:
    for view in _views:
        view.leave_to_parent()


os.register_at_fork(after_in_child=_after_fork)
