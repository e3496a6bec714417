"""The checkpoint of one trial, copied to be where another starts."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ..core.trial import CHECKPOINT_FOLDER

_DRAFT = f"{CHECKPOINT_FOLDER}.tmp"
_FICLONE = 0x40049409  # linux/fs.h


def inherit_checkpoint(folder: Path, origin: Path) -> bytes:
    """Copy the checkpoint of one trial into the folder of another, unless that one has a checkpoint already.

    It appears at once and whole: a copy that was broken off is thrown away by the next attempt.

    Args:
        folder: Of the trial that is to go on.
        origin: Of the trial that it inherits from; nobody writes there meanwhile.

    Returns:
        A line for the log: what was done, or that the trial starts from nothing, as there is no checkpoint.

    Raises:
        OSError: It cannot be copied, as on a full disk.
    """
    source, target, draft = origin / CHECKPOINT_FOLDER, folder / CHECKPOINT_FOLDER, folder / _DRAFT
    if target.exists():
        return b""
    if not source.is_dir() or not any(source.iterdir()):
        return f"[tunesmith: it starts from nothing, as trial {origin.name} has no checkpoint]\n".encode()
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft, symlinks=True, copy_function=_copy)
    os.replace(draft, target)  # noqa: PTH105
    return f"[tunesmith: it starts from the checkpoint of trial {origin.name}]\n".encode()


def _copy(source: str, target: str) -> None:
    """Copy one file; on a file system that shares blocks (Btrfs, XFS) without writing its content once more."""
    if not _clone(source, target):
        shutil.copyfile(source, target)
    shutil.copystat(source, target)


def _clone(source: str, target: str) -> bool:
    """Let a new file share the blocks of another until one of them changes; tell whether that can be done here."""
    if sys.platform != "linux" or not os.path.isfile(source):  # noqa: PTH113  (to open a pipe would take for ever)
        return False
    import fcntl

    with open(source, "rb") as old, open(target, "wb") as new:  # noqa: PTH123
        try:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        except OSError:
            return False
    return True
