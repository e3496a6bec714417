"""Resident memory of a group of processes."""

from __future__ import annotations

from collections.abc import Sequence

import psutil


def resident_bytes(processes: Sequence[psutil.Process], limit_bytes: int | None) -> int:
    """Return the resident memory of some processes together.

    Pages shared by several processes are counted for each. If the sum exceeds the limit, it is computed again with
    shared pages counted once, which is slower; Linux only.

    Args:
        processes: Those that have ended count as 0.
        limit_bytes: Above it the sum must be exact; None for no limit.
    """
    total = sum(_resident_bytes(process) for process in processes)
    if limit_bytes is not None and total > limit_bytes and len(processes) > 1:
        total = sum(_resident_bytes(process, proportional=True) for process in processes)
    return total


def _resident_bytes(process: psutil.Process, *, proportional: bool = False) -> int:
    """Return a process's resident memory; if proportional, each shared page is divided by its number of users."""
    try:
        if proportional and hasattr(info := process.memory_full_info(), "pss"):
            return int(info.pss)
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
