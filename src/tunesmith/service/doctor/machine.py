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
    if (used := _share_of_quota(existing)) is not None:
        full = used >= _NEARLY_FULL
        message = f"{share(used)} of your quota are used"
        yield Finding("quota", "warning" if full else "ok", message, "Free some space." if full else "")


def _share_of_quota(folder: Path) -> float | None:
    """Return the share of the fullest quota that is used; None without quotas, or if nothing tells.

    `quota` tells of the user's own. On Lustre, `lfs` tells of those of the user, the group and the project of a folder.
    """
    commands = [["quota", "-w", "-p"]]
    if project := _output(["lfs", "project", "-d", str(folder)]).split():
        about = folder.stat()
        owners = [("-u", str(os.getuid())), ("-g", str(about.st_gid)), ("-p", project[0])]
        commands += [["lfs", "quota", "-q", *owner, str(folder)] for owner in owners if owner != ("-p", "0")]
    return max((part for command in commands for part in _shares(_output(command))), default=None)


def _shares(listing: str) -> Iterator[float]:
    """Yield the used share of each quota in a listing: file system, blocks, quota, limit, grace, files, ..."""
    for line in listing.splitlines():
        numbers = line.replace("*", "").split()[1:4]
        if len(numbers) == 3 and all(map(str.isdecimal, numbers)):
            used, soft, hard = map(int, numbers)
            if soft or hard:
                yield used / (soft or hard)


def _output(command: list[str]) -> str:
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        return subprocess.run(
            [program, *command[1:]], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
