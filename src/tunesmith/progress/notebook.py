"""A live view below the cell of a notebook: Jupyter, and what speaks its protocol."""

from __future__ import annotations

import contextvars
import importlib
import io
import logging
import threading
from types import TracebackType
from typing import Any, Self

from rich.console import Console, RenderableType
from rich.terminal_theme import TerminalTheme

log = logging.getLogger(__name__)

_SECONDS = 0.5
"""The time between two updates: each is a message to the browser."""
_WIDTH = 100
_BLACK, _RED, _GREEN, _YELLOW, _BLUE = (0, 0, 0), (201, 72, 62), (42, 138, 62), (150, 115, 20), (66, 120, 200)
_MAGENTA, _CYAN, _GREY = (190, 75, 170), (21, 131, 165), (118, 118, 118)
_THEME = TerminalTheme((236, 236, 236), _BLACK, [_BLACK, _RED, _GREEN, _YELLOW, _BLUE, _MAGENTA, _CYAN, _GREY])
"""Colours that can be read on white and on black; dim text is halfway between the first two."""
_STYLE = "font-family: monospace; white-space: pre; overflow-x: auto; line-height: 1.3; margin: 0"
_PAGE = f'<pre style="{_STYLE}">{{code}}</pre>'


class NotebookView:
    """Draws below the current cell. A context manager; the last state stays.

    An output is replaced by its display id, which needs no widgets and is kept when the notebook is saved or converted.

    Args:
        content: What to draw, anew each time.
    """

    def __init__(self, content: RenderableType) -> None:
        self._content = content
        self._drawn: dict[str, str] = {}
        self._handle: Any = None
        self._stop = threading.Event()
        # The context holds the cell to which an output belongs.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._watch,), name="notebook", daemon=True)

    def __enter__(self) -> Self:
        """Start to draw."""
        self._draw()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Draw the last state."""
        self._stop.set()
        self._thread.join()
        self._draw()

    def _watch(self) -> None:
        while not self._stop.wait(_SECONDS):
            self._draw()

    def _draw(self) -> None:
        """Draw if something has changed. A fault in drawing does not reach the study."""
        try:
            drawn = to_bundle(self._content)
            if self._handle is None:
                self._handle = importlib.import_module("IPython.display").display(drawn, raw=True, display_id=True)
            elif drawn != self._drawn:
                self._handle.update(drawn, raw=True)
            self._drawn = drawn
        except Exception:
            log.debug("the progress could not be drawn", exc_info=True)


def to_bundle(content: RenderableType) -> dict[str, str]:
    """Return content as HTML and as text, by MIME type."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=_WIDTH,
        color_system="truecolor",
        force_terminal=True,
        force_jupyter=False,
    )
    console.print(content)
    html = console.export_html(theme=_THEME, code_format=_PAGE, inline_styles=True, clear=False)
    return {"text/html": html, "text/plain": console.export_text()}
