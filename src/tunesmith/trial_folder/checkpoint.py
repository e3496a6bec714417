"""`checkpoint/`: copied from one trial to another that inherits it."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from .names import CHECKPOINT_FOLDER

_DRAFT = f"{CHECKPOINT_FOLDER}.tmp"
_FICLONE = 0x40049409  # linux/fs.h


def checkpoint_time(folder: Path) -> float:
    """Return when a file of a trial's checkpoint was last changed, by the clock of the disk; 0 without checkpoint."""
    times = [0.0]
    for path in (folder / CHECKPOINT_FOLDER).rglob("*"):
        with suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times)


def inherit_checkpoint(folder: Path, origin: Path) -> bytes:
    """Copy the checkpoint of one trial into the folder of another that has none.

    The copy appears atomically. An interrupted copy is discarded by the next attempt.

    Args:
        folder: The folder of the trial that inherits.
        origin: The folder of a settled trial; nothing may write there during the copy.

    Returns:
        A line for the log: which checkpoint the trial starts from; empty if it has its own.

    Raises:
        OSError: The copy failed, as on a full disk.
    """
    source, target, draft = origin / CHECKPOINT_FOLDER, folder / CHECKPOINT_FOLDER, folder / _DRAFT
    if target.exists():
        return b""
    if not source.is_dir() or not any(source.iterdir()):
        return f"[tunesmith: starts from scratch, because trial {origin.name} has no checkpoint]\n".encode()
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft, symlinks=True, copy_function=_copy)
    os.replace(draft, target)  # noqa: PTH105
    return f"[tunesmith: starts from the checkpoint of trial {origin.name}]\n".encode()


def _copy(source: str, target: str) -> None:
    """Copy a file; on a file system with shared blocks (Btrfs, XFS) without duplicating its content."""
    if not _clone(source, target):
        shutil.copyfile(source, target)
    shutil.copystat(source, target)


def _clone(source: str, target: str) -> bool:
    """Make a copy that shares its blocks with the original until either changes; return whether this is supported."""
    if sys.platform != "linux" or not os.path.isfile(source):  # noqa: PTH113  (opening a pipe would block for ever)
        return False
    import fcntl

    with open(source, "rb") as old, open(target, "wb") as new:  # noqa: PTH123
        try:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        except OSError:
            return False
    return True
