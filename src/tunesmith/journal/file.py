"""A journal on disk: one JSON object per line, append-only."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
from collections.abc import Collection, Iterator
from pathlib import Path

import orjson

from ..errors import JournalError, StudyLocked
from .events import Event, from_record, to_record

log = logging.getLogger(__name__)

JOURNAL_NAME = "journal.jsonl"


class FileJournal:
    """Appends events to `journal.jsonl`, and locks its folder while it is open.

    An append is one write to the operating system, so its events survive the end of this process; after `sync` also a
    power cut. On a full disk it removes a partial line and raises `JournalError`. A partial line from a power cut is
    removed, with a warning, when the journal is next opened.

    Args:
        path: The file; missing folders are created.

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
        except OSError as error:
            raise JournalError(_message(path, error)) from error
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._length = self._drop_partial_line()
        except OSError as error:
            os.close(self._lock)
            raise JournalError(_message(path, error)) from error

    def append(self, *events: Event) -> None:
        """Append events, in order, in one write.

        Raises:
            JournalError: The disk is full or the file cannot be written; no event was appended.
        """
        data = b"".join(map(_to_line, events))
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            os.ftruncate(self._file, self._length)
            raise JournalError(_message(self.path, error)) from error
        self._length += len(data)
        self._unsynced = True

    def sync(self) -> None:
        """Return once every appended event would survive a power cut."""
        if self._unsynced:
            try:
                getattr(os, "fdatasync", os.fsync)(self._file)
            except OSError as error:
                raise JournalError(_message(self.path, error)) from error
            self._unsynced = False

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield the events in order, without the first `after`."""
        return read_events(self.path, after)

    def close(self) -> None:
        """Sync, close the file and release the lock. Closing twice is not an error."""
        if self._file >= 0:
            try:
                self.sync()
            finally:
                os.close(self._file)
                fcntl.flock(self._lock, fcntl.LOCK_UN)  # Closing is not enough: a forked child may hold a copy.
                os.close(self._lock)
                self._file = self._lock = -1

    def _drop_partial_line(self) -> int:
        """Truncate the file after its last complete line and return its length."""
        data = self.path.read_bytes()
        length = data.rfind(b"\n") + 1
        if length < len(data):
            log.warning(
                "the last line of %s is incomplete (%d bytes), as after a full disk or a power cut. "
                "It was removed; all earlier events are kept.",
                self.path,
                len(data) - length,
            )
            os.ftruncate(self._file, length)
        return length


def read_events(path: Path, after: int = 0, kinds: Collection[type[Event]] = ()) -> Iterator[Event]:
    """Read a journal without locking it, also while another process writes to it.

    Args:
        path: The file; a missing one has no events.
        after: The number of events to skip.
        kinds: The classes of event to read; empty for all. Others are skipped unparsed.

    Yields:
        The events in order, without an incomplete last line, which is being written or was cut off.

    Raises:
        JournalError: A line before the last is damaged.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise JournalError(_message(path, error)) from error
    if b'"event":"created"' in lines[0]:
        raise JournalError(
            f"{path} was written by an earlier version of tunesmith, and this version cannot read it. "
            "Choose another folder, or install that version."
        )
    markers = [f'"event":"{kind.kind}"'.encode() for kind in kinds]
    for number, line in enumerate(lines[after:-1], start=after + 1):
        if markers and not any(marker in line for marker in markers):
            continue
        try:
            yield from_record(orjson.loads(line))
        except (KeyError, AttributeError, TypeError, ValueError):
            raise JournalError(
                f"every line of a journal must be an event, but line {number} of {path} is {line[:60]!r}. "
                "Restore the file from a copy, or remove that line and all later ones."
            ) from None


def _to_line(event: Event) -> bytes:
    return orjson.dumps(to_record(event), option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY, default=str)


def _lock(folder: Path) -> int:
    """Lock the folder until this process ends, and write its owner into the lock file."""
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(file, 1000).decode(errors="replace").strip() or "another process"
        os.close(file)
        raise StudyLocked(
            f"only one process may use a study's folder, but {folder} is in use by {owner}. "
            "Wait until it ends, stop it, or choose another folder."
        ) from None
    os.ftruncate(file, 0)
    os.write(file, f"pid {os.getpid()} on {socket.gethostname()}".encode())
    return file


def _message(path: Path, error: OSError) -> str:
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    remedy = "Free some space" if is_full else "Fix that, or choose another folder"
    return (
        f"the study's journal must be readable and writable, but {path} failed: {error.strerror or error}. "
        f"{remedy}; then run the same command again. No settled trial is lost."
    )
