"""A live view on a terminal."""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import Self, TextIO, cast

from rich.console import Console, RenderableType
from rich.control import Control
from rich.live import Live

from .streams import CleanStream
from .terminal import Printable

REFRESHES_PER_SECOND = 4


class LiveView:
    """Draws on a terminal at most four times per second. A context manager.

    Args:
        content: What to draw, anew each time.
        console: Where to draw.
    """

    def __init__(self, content: RenderableType, console: Console) -> None:
        self._content, self._console, self._size = content, console, console.size
        self._redirected: list[logging.StreamHandler[TextIO]] = []
        self._streams = sys.stdout, sys.stderr
        self._live = Live(
            get_renderable=self._draw,
            console=console,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=True,
            vertical_overflow="crop",
        )

    def __enter__(self) -> Self:
        """Start to draw."""
        # Rich prints above the view what is written to sys.stdout and sys.stderr, and takes its escapes for style.
        # Log handlers hold the earlier stream.
        handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler, logging.StreamHandler)]
        self._redirected = [handler for handler in handlers if handler.stream is sys.stderr]
        self._streams = sys.stdout, sys.stderr
        self._live.start(refresh=True)
        sys.stdout, sys.stderr = cast(TextIO, CleanStream(sys.stdout)), cast(TextIO, CleanStream(sys.stderr))
        for handler in self._redirected:
            handler.setStream(sys.stderr)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the view."""
        self._live.stop()
        sys.stdout, sys.stderr = self._streams
        for handler in self._redirected:
            handler.setStream(sys.stderr)

    def _draw(self) -> Printable:
        if self._console.size != self._size:
            # The terminal has wrapped the old lines anew, so that drawing over them would leave remains.
            self._size = self._console.size
            self._console.control(Control.home(), Control.clear())
        return Printable(self._content)
