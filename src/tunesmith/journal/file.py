"""A journal on disk: one JSON object a line, only ever appended to."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import orjson

from ..errors import JournalError, StudyLocked
from .base import Event, EventKind

log = logging.getLogger(__name__)


class FileJournal:
    """Appends events to `journal.jsonl`, and holds the folder's lock while it is open.

    An append is one write to the operating system: the event survives the death of this process. `sync` makes it
    survive a power cut. Where the disk is full, half a line is taken back and `JournalError` is raised; where even
    that was not possible (a power cut), the next one to open the journal drops the half line and says so.

    Args:
        path: The file; its folder is made where it is missing.

    Raises:
        StudyLocked: Another process has this journal open.
        JournalError: The file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unsynced = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(path.parent)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise JournalError(_sentence(path, error)) from error
        self._length = self._drop_half_line()

    def append(self, *events: Event) -> None:
        """Add events, in order, in one write.

        Raises:
            JournalError: The disk is full or the file cannot be written; none of the events was kept.
        """
        data = b"".join(map(_to_line, events))
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            os.ftruncate(self._file, self._length)
            raise JournalError(_sentence(self.path, error)) from error
        self._length += len(data)
        self._unsynced = True

    def sync(self) -> None:
        """Return once every appended event would survive a power cut."""
        if self._unsynced:
            try:
                getattr(os, "fdatasync", os.fsync)(self._file)
            except OSError as error:
                raise JournalError(_sentence(self.path, error)) from error
            self._unsynced = False

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield the events in order, leaving out the first `after`."""
        return read_events(self.path, after)

    def close(self) -> None:
        """Sync, close the file and free the lock. Closing twice is no error."""
        if self._file >= 0:
            try:
                self.sync()
            finally:
                os.close(self._file)
                os.close(self._lock)
                self._file = self._lock = -1

    def _drop_half_line(self) -> int:
        """Cut off what follows the last complete line, and return the file's length."""
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            log.warning(
                "the last line of %s was cut off in the middle (%d bytes), as by a full disk or a power cut. "
                "That one event is lost; everything before it is kept.",
                self.path,
                len(data) - whole,
            )
            os.ftruncate(self._file, whole)
        return whole


def read_events(path: Path, after: int = 0, kinds: Collection[EventKind] = ()) -> Iterator[Event]:
    """Read a journal without locking it, also while another process writes to it.

    Args:
        path: The file; where there is none, there are no events.
        after: How many events to leave out at the start.
        kinds: Only events of these kinds, which is quick; of every kind if empty.

    Yields:
        The events in order. A last line without an end is left out: it is being written, or was cut off.

    Raises:
        JournalError: A line in the middle is damaged.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise JournalError(_sentence(path, error)) from error
    marks = [f'"event":"{kind}"'.encode() for kind in kinds]
    for place, line in enumerate(lines[after:-1], start=after + 1):
        if marks and not any(mark in line for mark in marks):
            continue
        try:
            entry: dict[str, Any] = orjson.loads(line)
            yield Event(kind=entry.pop("event"), trial=entry.pop("trial", None), time=entry.pop("time"), data=entry)
        except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError):
            raise JournalError(
                f"every line of a journal must be an event, but line {place} of {path} is {line[:60]!r}. "
                "Restore the file from a copy, or remove that line and those after it."
            ) from None


def _to_line(event: Event) -> bytes:
    head: dict[str, Any] = {"time": round(event.time, 6), "event": event.kind}
    if event.trial is not None:
        head["trial"] = event.trial
    return orjson.dumps(
        head | dict(event.data), option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY, default=str
    )


def _lock(folder: Path) -> int:
    """Take the folder's lock, which dies with this process, and leave our name in it for those who come second."""
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(file, 1000).decode(errors="replace").strip() or "another process"
        os.close(file)
        raise StudyLocked(
            f"only one tunesmith may work on a folder, but {folder} is in use by {owner}. "
            "Wait until it ends, stop it, or choose another folder."
        ) from None
    os.ftruncate(file, 0)
    os.write(file, f"pid {os.getpid()} on {socket.gethostname()}".encode())
    return file


def _sentence(path: Path, error: OSError) -> str:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    remedy = "Free some space" if full else "Mend that, or choose another folder"
    return (
        f"the study's journal must be readable and writable, but {path} failed: {error.strerror or error}. "
        f"{remedy}; then run the same command again, nothing settled is lost."
    )
