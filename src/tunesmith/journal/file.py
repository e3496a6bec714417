"""A journal on disk: one JSON object per line, append-only."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from ..errors import JournalError
from .events import Event, SessionOpened, from_record
from .lock import lock_folder, lock_journal, unlock

log = logging.getLogger(__name__)

JOURNAL_NAME = "journal.jsonl"
JOURNAL_FORMAT = 2


class FileJournal:
    """Reads and appends the lines of `journal.jsonl`.

    Anyone may read; only the process that has locked the journal may append. An append is one write to the operating
    system, so its events survive the end of this process; after `sync` also a power cut. On a full disk a partial line
    is removed, and the error is raised. A partial line from a power cut is removed, with a warning, by the next lock.

    Each step checks that the path still leads to the file that was read before: a study whose folder was removed,
    replaced or unmounted must not seem to go on.

    Args:
        path: The file. It and its folder are created by the first lock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_synced = True
        self._identity: tuple[int, int] | None = None  # Device and inode of the file, once it was seen.
        self._length = 0  # Bytes read or appended so far: whole lines.
        self._lines = 0
        self._size = 0  # Of the file, when it was locked.
        self._file = self._folder = -1  # Open while locked.

    def read(self) -> Iterator[Event]:
        """Yield the events since the last call, without an incomplete last line: it is being written or was cut off.

        An event counts as read once the next one is asked for.

        Raises:
            JournalError: The file cannot be read, a line is damaged, or this is not the file of before.
        """
        for line in self.new_lines():
            yield _parse(line, self._lines + 1, self.path)
            self._lines += 1
            self._length += len(line) + 1

    def new_lines(self) -> list[bytes]:
        """Return the complete lines that follow those read so far, as they are in the file."""
        if self._file >= 0 and self._size == self._length:
            return []
        try:
            status = _status(self.path)
            if status is None and self._identity is None:
                return []
            self._expect(status)
            with self.path.open("rb") as file:
                file.seek(self._length)
                return file.read().split(b"\n")[:-1]
        except OSError as error:
            raise _cannot("read", self.path, error) from error

    def rewind(self) -> None:
        """Let the next `read` begin with the first event."""
        self._length = self._lines = 0
        self._size = -1

    def refusal(self, fault: object) -> JournalError:
        """Return the error that the event read last cannot be used."""
        return damaged(self.path, self._lines + 1, fault)

    def lock(self) -> None:
        """Lock the journal for this process, and create a missing one.

        Raises:
            StudyLocked: Another process uses it; see `lock_journal`.
            JournalError: It cannot be written, or this is not the file of before.
        """
        while self._file < 0:
            file = self._open()
            try:
                lock_journal(file, self.path.parent, self._runner)
                status, current = os.fstat(file), _status(self.path)
                if self._identity is not None or (current is not None and os.path.samestat(status, current)):
                    self._expect(current)
                    self._size = status.st_size
                    if self._size > self._length:
                        self._drop_partial_line(file)
                    self._file = file
            except OSError as error:
                raise _cannot("write", self.path, error) from error
            finally:
                if self._file < 0:  # An error; or another process replaced the file while this one waited.
                    unlock(file)

    def show_as_running(self) -> None:
        """Let other processes know that this one runs the study, until it unlocks the journal."""
        if self._folder < 0:
            self._folder = lock_folder(self.path.parent)

    def append(self, lines: Sequence[bytes]) -> None:
        """Append whole lines in one write.

        Raises:
            JournalError: The disk is full, the file cannot be written, or this is not the file of before; nothing was
                appended.
        """
        data = b"".join(lines)
        self._expect(_status(self.path), self._length)
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self._length)
            raise _cannot("write", self.path, error, " No settled trial is lost.") from error
        self._length = self._size = self._length + len(data)
        self._lines += len(lines)
        self.is_synced = False

    def sync(self) -> None:
        """Return once every appended event would survive a power cut. The journal must be locked.

        Raises:
            JournalError: The file cannot be written, or this is not the file of before.
        """
        self._expect(_status(self.path))
        try:
            getattr(os, "fdatasync", os.fsync)(self._file)
        except OSError as error:
            raise _cannot("write", self.path, error) from error
        self.is_synced = True

    def unlock(self) -> None:
        """Release the journal for other processes. Unlocking twice is not an error."""
        self._close(unlock)

    def forget_lock(self) -> None:
        """Close the copies of the locks that a forked process has: they belong to its parent."""
        self._close(os.close)

    def _close(self, close: Callable[[int], None]) -> None:
        files, self._file, self._folder = (self._folder, self._file), -1, -1
        for file in files:
            if file >= 0:
                close(file)

    def _runner(self) -> str:
        """Return the process that runs the study, in words."""
        last = None
        for event in read_events(self.path, kinds=[SessionOpened]):
            last = event
        return f"pid {last.pid} on {last.host}" if isinstance(last, SessionOpened) else "another process"

    def _open(self) -> int:
        """Open the file for writing, and create one that was never seen."""
        try:
            if self._identity is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                return os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            return os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_NONBLOCK)
        except OSError as error:
            if self._identity is not None:
                self._expect(_status(self.path))
            if isinstance(error, FileExistsError | NotADirectoryError):
                raise JournalError(
                    f"a study needs a folder, but {self.path.parent} is a file, or lies within one. "
                    "Choose another folder."
                ) from None
            raise _cannot("write", self.path, error) from error

    def _expect(self, status: os.stat_result | None, size: int | None = None) -> None:
        """Raise `JournalError` unless a status is that of the file of before.

        Args:
            status: The status of what the path leads to.
            size: The exact size of the file; None if others may have appended to it.
        """
        if status is None:
            fault = "was removed"
        elif not stat.S_ISREG(status.st_mode):
            fault = "is no file"
        elif self._identity not in (None, (status.st_dev, status.st_ino)):
            fault = "was replaced by another file"
        elif status.st_size < self._length:
            fault = "was truncated"
        elif size is not None and status.st_size != size:
            fault = "was changed by another program"
        else:
            self._identity = status.st_dev, status.st_ino
            return
        raise JournalError(
            f"a study's journal must stay as it is while the study is in use, but {self.path} {fault}. "
            "Restore the study's folder, or choose another one; then run the same command again."
        )

    def _drop_partial_line(self, file: int) -> None:
        """Remove what follows the last complete line."""
        new = os.pread(file, self._size - self._length, self._length)
        excess = len(new) - new.rfind(b"\n") - 1
        if excess:
            log.warning(
                "the last line of %s is incomplete (%d bytes), as after a full disk or a power cut. "
                "It was removed; all earlier events are kept.",
                self.path,
                excess,
            )
            self._size -= excess
            os.ftruncate(file, self._size)


def read_events(path: Path, kinds: Collection[type[Event]] = ()) -> Iterator[Event]:
    """Yield the events of a journal in order, also while another process writes to it; see `numbered_events`."""
    return (event for _, event in numbered_events(path, kinds))


def numbered_events(path: Path, kinds: Collection[type[Event]] = ()) -> Iterator[tuple[int, Event]]:
    """Yield the events of a journal, each with the number of its line, without an incomplete last line.

    Args:
        path: The file; a missing one has no events.
        kinds: The classes of event to read; empty for all. Others are skipped unparsed.

    Raises:
        JournalError: The file cannot be read, or a line before the last is damaged.
    """
    markers = [f'"event":"{kind.kind}"'.encode() for kind in kinds]
    for number, line in enumerate(FileJournal(path).new_lines(), start=1):
        if number == 1 or not markers or any(marker in line for marker in markers):
            event = _parse(line, number, path)
            if not kinds or isinstance(event, tuple(kinds)):
                yield number, event


def damaged(path: Path, number: int, fault: object) -> JournalError:
    """Return the error that a line of a journal cannot be used."""
    return JournalError(
        f"every line of a journal must be an event that can follow the earlier ones, but line {number} of {path} "
        f"is not: {fault} Restore the file from a copy, or remove that line and all later ones."
    )


def _parse(line: bytes, number: int, path: Path) -> Event:
    try:
        record = orjson.loads(line)
        if number == 1 and isinstance(record, dict):
            _check_format(record, path)
        if isinstance(record, dict) and "time" not in record:
            raise ValueError("'time' is missing.")
        return from_record(record)
    except orjson.JSONDecodeError:
        raise damaged(path, number, f"{line[:60]!r} is no JSON.") from None
    except ValueError as error:
        raise damaged(path, number, error) from None


def _check_format(record: Mapping[str, Any], path: Path) -> None:
    """Raise `JournalError` for the first line of a format that this version cannot read."""
    version, known = record.get("format"), record.get("event") != "created"
    if known and not (isinstance(version, int) and version > JOURNAL_FORMAT):
        return
    raise JournalError(
        f"{path} was written by {'a later' if known else 'an earlier'} version of tunesmith, and this version cannot "
        "read it. Choose another folder, or install that version."
    )


def _status(path: Path) -> os.stat_result | None:
    """Return the status of what a path leads to; None for nothing."""
    try:
        return os.stat(path)  # noqa: PTH116 (called for every event, and twice as fast as a Path's)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _cannot(action: str, path: Path, error: OSError, kept: str = "") -> JournalError:
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    remedy = "Free some space" if is_full else "Mend that, or choose another folder"
    return JournalError(
        f"a study must be able to {action} its journal, but {path} failed: {error.strerror or error}. "
        f"{remedy}; then run the same command again.{kept}"
    )
