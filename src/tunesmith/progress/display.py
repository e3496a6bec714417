"""Where the progress of a study is drawn: on a terminal, below the cell of a notebook, or nowhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..core.budget import Budget
from ..execution.output import is_captured
from ..history.history import History
from ..journal.events import Event

if TYPE_CHECKING:
    from .summary import Summary

_drawing = threading.Lock()
"""Held by the one study that is drawn: two would overwrite each other."""


@contextmanager
def drawn(
    observers: list[Callable[[Event, History], None]], name: str, folder: Path | None, budget: Budget, slots: int
) -> Iterator[None]:
    """Draw the progress of a study while it runs, if its user can see it.

    Args:
        observers: Called with the study's events.
        name: The study's name.
        folder: Its folder, or None for a study in memory.
        budget: Its limits.
        slots: How many trials run at once.
    """
    terminal = _terminal()
    is_visible = (terminal is not None or _is_notebook()) and not is_captured()
    if not is_visible or not _drawing.acquire(blocking=False):
        yield
        return
    try:
        from .summary import Summary  # Imports rich, which programs that draw nothing do not need.

        summary = Summary(name, folder, budget, slots)
        observers.append(summary.record)
        try:
            with _view(summary, terminal):
                yield
        finally:
            if summary.record in observers:
                observers.remove(summary.record)
    finally:
        _drawing.release()


def _view(summary: Summary, terminal: TextIO | None) -> AbstractContextManager[object]:
    if terminal is None:
        from .notebook import NotebookView

        return NotebookView(summary)
    from .live import LiveView

    return LiveView.below_output(summary, terminal)


def _is_notebook() -> bool:
    """Return whether this is the kernel of a notebook, which draws what a cell returns."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _terminal() -> TextIO | None:
    """Return standard output if it is a terminal on which nothing else is drawn."""
    stream = sys.stdout
    try:
        return stream if stream.isatty() and not hasattr(stream, "rich_proxied_file") else None
    except (AttributeError, ValueError):  # There is no standard output, or it is closed.
        return None
