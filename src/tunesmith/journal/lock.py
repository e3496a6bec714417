"""The locks of a study: on the journal while a process writes, and on the folder while one runs the study.

Both are locks of the operating system on the files themselves, so that no file can be deleted to get around them, and
they end with their process. A step, as of `tunesmith ask`, takes milliseconds: others wait for it. A run takes hours:
others are refused at once.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..errors import StudyLocked

log = logging.getLogger(__name__)

WAIT_SECONDS = 60.0
"""How long to wait for the steps of other processes: a proposer, or a language model, may take its time."""

_NOTICE_SECONDS = 3.0
_POLL_SECONDS = 0.005


def lock_journal(file: int, folder: Path, runner: Callable[[], str]) -> None:
    """Lock an open journal for this process, and wait for other processes that take a step.

    Args:
        file: The descriptor of the journal.
        folder: The study's folder.
        runner: Names the process that runs the study, in words.

    Raises:
        StudyLocked: Another process runs the study, or used it for longer than `WAIT_SECONDS`.
        OSError: The file system has no locks.
    """
    deadline, notice = time.monotonic() + WAIT_SECONDS, time.monotonic() + _NOTICE_SECONDS
    sightings = 0
    # A journal that replaces the one of a running study is free, but the folder is not.
    while not _try_lock(file, fcntl.LOCK_EX) or is_running(folder):
        sightings = sightings + 1 if is_running(folder) else 0
        if sightings > 1:  # At the first, the process may be ending, and have released only one of its locks.
            raise StudyLocked(_refusal(folder, f"run by {runner()}. Wait until it ends, stop it"))
        now = time.monotonic()
        if now > deadline:
            wait = f"in use by another process for more than {WAIT_SECONDS:.0f} s. Wait until it ends"
            raise StudyLocked(_refusal(folder, wait))
        if now > notice:
            log.warning("waiting for another process that uses %s, at most %.0f s", folder, deadline - now)
            notice = deadline
        time.sleep(_POLL_SECONDS)


def unlock(file: int) -> None:
    """Release a lock and close its file."""
    with suppress(OSError):  # The file may be on a device that is gone.
        fcntl.flock(file, fcntl.LOCK_UN)  # Closing is not enough: a forked child may hold a copy.
    os.close(file)


def lock_folder(folder: Path) -> int:
    """Show other processes that this one runs the study. Only the owner of the journal's lock may call this.

    Returns:
        The descriptor of the folder; -1 where the file system cannot lock a folder, and others wait in vain before they
        are refused.
    """
    try:
        file = os.open(folder, os.O_RDONLY)
    except OSError:
        return -1
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        os.close(file)
        return -1
    return file


def is_running(folder: Path) -> bool:
    """Tell whether a process runs the study in a folder."""
    try:
        file = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try_lock(file, fcntl.LOCK_SH)
    except OSError:
        return False
    finally:
        os.close(file)


def _refusal(folder: Path, use: str) -> str:
    return f"only one process may use a study's folder at a time, but {folder} is {use}, or choose another folder."


def _try_lock(file: int, operation: int) -> bool:
    try:
        fcntl.flock(file, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
