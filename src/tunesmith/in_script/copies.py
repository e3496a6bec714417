"""The edited copies of files, by the originals."""

from __future__ import annotations

import io
import os

from .opening import WRITES

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Copies:
    """The edited copies.

    Args:
        files: The absolute path of each copy by that of its original.
        seen: A file to which each process adds the paths of the copies that it has read.
    """

    def __init__(self, files: Mapping[str, str], seen: str | None) -> None:
        self._files = dict(files)
        self._suffixes = tuple({os.path.splitext(original)[1] for original in files})
        self._names = {os.path.basename(original) for original in files}
        self._seen = seen
        self._noted: set[str] = set()
        self._open = os.open  # As it was before it was replaced.

    def of(self, path: Any) -> str | None:
        """Return the copy of the file with a path, or None if there is none; relative paths and links are followed."""
        copy = self._files.get(self._original(path) or "")
        return copy if copy is not None and os.access(copy, os.R_OK) else None

    def of_module(self, path: str) -> str | None:
        """Return the copy of a module. Cheaper than `of`, as it is asked for every module that is imported."""
        return self.of(path) if os.path.basename(path) in self._names else None

    def redirect(self, path: Any, flags: int) -> str | None:
        """Return the copy to open in place of a file, or None. Writing to a file ends its replacement."""
        if flags & WRITES:
            self.forget(path)
            return None
        copy = self.of(path)
        if copy is not None:
            self.note(copy)
        return copy

    def read(self, copy: str) -> bytes:
        """Return what a copy holds."""
        with io.FileIO(copy) as file:
            data = file.readall()
        self.note(copy)
        return data

    def note(self, copy: str) -> None:
        """Note that a copy was read."""
        if self._seen is None or copy in self._noted:
            return
        self._noted.add(copy)
        try:
            descriptor = self._open(self._seen, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            os.write(descriptor, os.fsencode(copy) + b"\n")
            os.close(descriptor)
        except OSError:
            pass

    def forget(self, path: Any) -> None:
        """Stop replacing a file: the script writes to it, and must read back what it wrote."""
        self._files.pop(self._original(path) or "", None)

    def _original(self, path: Any) -> str | None:
        try:
            text = os.fsdecode(path)
            if not text.endswith(self._suffixes):
                return None
            status = os.stat(text)
        except (OSError, TypeError, ValueError):  # No such file; a file descriptor; a NUL.
            return None
        # A list, since another thread may forget a file meanwhile.
        return next((original for original in list(self._files) if _is_at(original, status)), None)


def _is_at(path: str, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(status, os.stat(path))
    except OSError:
        return False
