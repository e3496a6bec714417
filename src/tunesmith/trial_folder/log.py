"""`log.txt`: a trial's output, limited in size by dropping its middle."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

DEFAULT_LOG_BYTES = 8_000_000
_TAIL_LINES = 20
_TAIL_CHARACTERS = 4000
_GAP = re.compile(rb"\n\[\.\.\. (\d+) bytes left out \.\.\.\]\n")


class BoundedLog:
    """Appends bytes to a file and limits its size.

    If the file would exceed `limit_bytes`, the first quarter and the last half of that size are kept, with a line
    between them that counts the bytes left out. Nothing is buffered in memory, however long a line is.

    The file is opened at the first write. If it cannot be written, as on a full disk, output is dropped and the trial
    continues.

    Args:
        path: The file. Existing content, as from an earlier attempt, is kept.
        limit_bytes: The largest size of the file; at least 1000.

    Attributes:
        error: Why output was dropped, or None.
    """

    def __init__(self, path: Path, limit_bytes: int = DEFAULT_LOG_BYTES) -> None:
        self.path = path
        self.error: OSError | None = None
        self._head = limit_bytes // 4
        self._tail = limit_bytes // 2
        self._limit = limit_bytes
        self._piece = limit_bytes // 8  # fits once the file is cut to three quarters
        self._file: BinaryIO | None = None
        self._size = 0
        self._left_out = 0
        self._gap_bytes = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        if self.error is not None or not data:
            return
        try:
            file = self._open()
            for start in range(0, len(data), self._piece):
                piece = data[start : start + self._piece]
                if self._size + len(piece) > self._limit:
                    self._compact(file)
                file.write(piece)
                self._size += len(piece)
        except OSError as error:
            self.error = error

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> BinaryIO:
        if self._file is None:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            self._file = os.fdopen(descriptor, "r+b", buffering=0)
            self._size = self._file.seek(0, os.SEEK_END)
            if self._size > self._head:
                self._file.seek(self._head)
                if gap := _GAP.match(self._file.read(64)):
                    self._left_out, self._gap_bytes = int(gap[1]), len(gap[0])
                self._file.seek(0, os.SEEK_END)
        return self._file

    def _compact(self, file: BinaryIO) -> None:
        start = max(self._size - self._tail, self._head + self._gap_bytes)
        file.seek(start)
        tail = file.read(self._size - start)
        self._left_out += start - self._head - self._gap_bytes
        gap = b"\n[... %d bytes left out ...]\n" % self._left_out
        file.seek(self._head)
        file.write(gap + tail)
        file.truncate()
        self._gap_bytes = len(gap)
        self._size = self._head + len(gap) + len(tail)


def read_tail(path: Path) -> str:
    """Return the last lines of a log, at most 20 and 4000 characters; empty if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4 * _TAIL_CHARACTERS))
            text = file.read(4 * _TAIL_CHARACTERS).decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-_TAIL_LINES:])[-_TAIL_CHARACTERS:]
