"""Capture what a trial prints, also if several trials run in threads of one process."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..trial_folder.log import BoundedLog

_lock = threading.RLock()
_logs: dict[int, BoundedLog] = {}
"""The log of each thread that runs a trial."""
_originals: list[Any] = []
"""`sys.stdout` and `sys.stderr` from before the first of these trials."""


@contextmanager
def captured(log: BoundedLog) -> Iterator[None]:
    """Send `sys.stdout` and `sys.stderr` of this thread to a log.

    Output of further threads goes to the same log while only one trial runs, else to where it went before.
    """
    thread = threading.get_ident()
    with _lock:
        if not _logs:
            _originals[:] = sys.stdout, sys.stderr
            sys.stdout, sys.stderr = _LogStream(sys.stdout), _LogStream(sys.stderr)
        outer = _logs.get(thread)  # Of a trial that runs a study of its own.
        _logs[thread] = log
    try:
        yield
    finally:
        with _lock:
            if outer is None:
                del _logs[thread]
            else:
                _logs[thread] = outer
            if not _logs:
                # A view of a study in another thread may have ended and put back the streams from before it.
                if isinstance(sys.stdout, _LogStream):
                    sys.stdout = _originals[0]
                if isinstance(sys.stderr, _LogStream):
                    sys.stderr = _originals[1]


@contextmanager
def streams_held() -> Iterator[None]:
    """Let no other thread exchange `sys.stdout` and `sys.stderr` meanwhile."""
    with _lock:
        yield


def is_captured() -> bool:
    """Return whether this thread runs a trial, whose output goes to its log."""
    return threading.get_ident() in _logs


def _current_log() -> BoundedLog | None:
    log = _logs.get(threading.get_ident())
    if log is None:
        with _lock:
            return next(iter(_logs.values())) if len(_logs) == 1 else None
    return log


class _LogStream(io.TextIOBase):
    """Writes text, and bytes through `buffer`, to the log of the current trial."""

    encoding = "utf-8"

    def __init__(self, original: Any) -> None:
        self._original = original

    @property
    def buffer(self) -> _LogBytes:
        return _LogBytes(self._original)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if (log := _current_log()) is None:
            return int(self._original.write(text))
        log.write(text.encode(errors="backslashreplace"))
        return len(text)


class _LogBytes(io.RawIOBase):
    def __init__(self, original: Any) -> None:
        self._original = original

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if (log := _current_log()) is None:
            return int(self._original.buffer.write(data))
        log.write(bytes(data))
        return len(data)
