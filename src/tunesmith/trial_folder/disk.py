"""Whether a trial failed because its disk is full."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..core.machine_faults import machine_fault

_SIGNS = ("No space left on device", "Disk quota exceeded", "disk is full", "not enough space")
_PROBE_BYTES = 1 << 16
_LEAST_SHARE_FREE = 0.01


def disk_fault(folder: Path, complaint: str) -> str | None:
    """Return why a trial that failed could not have ended well, with the remedy as in `machine_fault`, or None.

    The disk of the trial's folder must hold a small file. If the trial complained of a full disk, that of the
    temporary folder and of the current one count too, and at least 1 % of each must be free: a program may remove its
    half-written file before it ends.

    Args:
        folder: The trial's folder.
        complaint: Why the trial failed, and the end of its log.
    """
    complains = any(sign.casefold() in complaint.casefold() for sign in _SIGNS)
    places = [folder, Path(tempfile.gettempdir()), Path.cwd()] if complains else [folder]
    for place in places:
        try:
            _write_probe(place)
            if complains and _share_free(place) < _LEAST_SHARE_FREE:
                return f"{place} is on a disk that is full. Free some space"
        except OSError as error:
            if (fault := machine_fault(error)) is not None:
                return f"{place} cannot be written: {fault}"
    return None


def _write_probe(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        left = _PROBE_BYTES
        while left:
            left -= os.write(file.fileno(), bytes(left))
        os.fsync(file.fileno())  # Some file systems find out only now.


def _share_free(folder: Path) -> float:
    disk = os.statvfs(folder)
    return disk.f_bavail / disk.f_blocks if disk.f_blocks else 1.0
