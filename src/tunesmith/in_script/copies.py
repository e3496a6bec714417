"""The edited copies of files, by the originals."""

from __future__ import annotations

import io
import os

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Copies:
    """The edited copies.

    Args:
        files: The absolute path of each copy by that of its original.
        seen: A file to which each process adds the paths of the copies that it has read.

    Attributes:
        open: `os.open` as it was.
    """

    def __init__(self, files: Mapping[str, str], seen: str | None) -> None:
        self._files = dict(files)
        self._suffixes = tuple({os.path.splitext(original)[1] for original in files})
        self._names = {os.path.basename(original) for original in files}
        self._seen = seen
        self._noted: set[str] = set()
        self.open = os.open

    def of(self, path: Any) -> str | None:
        """Return the copy of the file with a path, or None if there is none; relative paths and links are followed."""
        original = self._original(path)
        copy = None if original is None else self._files[original]
        return copy if copy is not None and os.access(copy, os.R_OK) else None

    def of_module(self, path: str) -> str | None:
        """Return the copy of a module. Cheaper than `of`, as it is asked for every module that is imported."""
        return self.of(path) if os.path.basename(path) in self._names else None

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
            descriptor = self.open(self._seen, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            os.write(descriptor, os.fsencode(copy) + b"\n")
            os.close(descriptor)
        except OSError:
            pass

    def forget(self, path: Any) -> None:
        """Give the original from now on, as the script writes to it, and would not find again what it has written."""
        original = self._original(path)
        if original is not None:
            del self._files[original]

    def _original(self, path: Any) -> str | None:
        try:
            text = os.fsdecode(path)
            if not text.endswith(self._suffixes):
                return None
            status = os.stat(text)
            return next((each for each in self._files if os.path.samestat(status, os.stat(each))), None)
        except (OSError, TypeError, ValueError):  # No such file; a file descriptor; a NUL.
            return None
