"""Notes which files the script reads: those that it opens, and the modules that it imports.

Python tells of each with an audit event. Files that a library opens in C, and those that a process without Python
reads, are not noted.
"""

from __future__ import annotations

import os
import sys

from .opening import WRITES

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_INSTALLED = ("site-packages", "dist-packages")
_MOST_NOTED = 10_000


def start(path: str, suffixes: Sequence[str]) -> None:
    """Note the files that this process reads, but for those of Python and its packages.

    Args:
        path: The file to which each process adds their absolute paths, one a line.
        suffixes: The suffixes of the files to note; `.py` stands for modules that are compiled, too.
    """
    sys.addaudithook(_Notes(path, suffixes).hear)


class _Notes:
    def __init__(self, path: str, suffixes: Sequence[str]) -> None:
        self._path = path
        self._suffixes = (*suffixes, ".pyc") if ".py" in suffixes else tuple(suffixes)
        self._python = tuple({os.path.join(place, "") for place in (sys.prefix, sys.base_prefix)})
        self._noted: set[str] = set()
        self._open = os.open  # As it was before it was replaced.

    def hear(self, event: str, arguments: Any) -> None:
        """Take an event; whatever goes wrong, the script goes on."""
        if event == "open":
            try:  # noqa: SIM105  (contextlib takes long to import)
                self._note(*arguments)
            except Exception:
                pass

    def _note(self, path: Any, mode: Any, flags: int) -> None:
        if isinstance(path, int) or flags & WRITES or len(self._noted) >= _MOST_NOTED:
            return
        text = os.fsdecode(path)
        if not text.endswith(self._suffixes):
            return
        text = _source(os.path.abspath(text))
        if text in self._noted or text.startswith(self._python) or any(part in text for part in _INSTALLED):
            return
        self._noted.add(text)
        descriptor = self._open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.write(descriptor, os.fsencode(text) + b"\n")
        os.close(descriptor)


def _source(path: str) -> str:
    """Return the path of a module whose compiled code has a path."""
    if not path.endswith(".pyc"):
        return path
    folder, name = os.path.split(path)
    return os.path.join(os.path.dirname(folder), name.split(".")[0] + ".py")
