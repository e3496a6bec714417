"""Checks of the machine: cores, memory, GPUs, and room on the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

from ...core.cores import count_cores
from ...executors.process.environment import find_gpus
from ...text.wording import count, share, size
from ...trial_folder.disk import disk_fault
from .finding import Finding

_LEAST_BYTES = 1_000_000_000
_LEAST_FILES = 10_000
_NEARLY_FULL = 0.95


def check_machine() -> Iterator[Finding]:
    """Yield a finding on the cores, the memory and the GPUs."""
    memory = psutil.virtual_memory()
    gpus = find_gpus()
    has = f"{count(count_cores(), 'core')}, {size(memory.available)} of {size(memory.total)} of memory free"
    yield Finding("machine", "ok", f"{has}, {count(len(gpus), 'GPU') if gpus else 'no GPU'}")


def check_room(folder: Path) -> Iterator[Finding]:
    """Yield findings on the disk of a folder that may not exist yet: whether it is writable, its free space and quota.

    Args:
        folder: The folder that will be written.
    """
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        remedy = "Change its permissions, or choose another with folder in [study]."
        yield Finding("folder", "error", f"{existing} cannot be written", remedy)
        return
    if (fault := disk_fault(existing, "")) is not None:
        yield Finding("folder", "error", fault, "Then check again.")
        return
    yield Finding("folder", "ok", f"{folder} can be written")
    disk = os.statvfs(existing)
    free = disk.f_bavail * disk.f_frsize
    if free < _LEAST_BYTES:
        yield Finding("disk", "warning", f"only {size(free)} are free on the disk of {existing}", "Free some space.")
    elif disk.f_files and disk.f_favail < _LEAST_FILES:
        few = f"only {count(disk.f_favail, 'more file')} can be made on the disk of {existing}"
        yield Finding("disk", "warning", few, "Remove some files.")
    else:
        yield Finding("disk", "ok", f"{size(free)} are free")
    if (used := _share_of_quota()) is not None:
        full = used >= _NEARLY_FULL
        message = f"{share(used)} of your quota are used"
        yield Finding("quota", "warning" if full else "ok", message, "Free some space." if full else "")


def _share_of_quota() -> float | None:
    """Return the share of the user's fullest quota that is used; None without quotas, or if nothing tells."""
    program = shutil.which("quota")
    if program is None:
        return None
    try:
        listing = subprocess.run(
            [program, "-w", "-p"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    # Filesystem blocks quota limit grace files quota limit grace
    rows = [line.replace("*", "").split() for line in listing.splitlines()]
    numbers = [[int(word) for word in row[1:4]] for row in rows if len(row) > 3 and all(map(str.isdecimal, row[1:4]))]
    return max((used / (soft or hard) for used, soft, hard in numbers if soft or hard), default=None)
