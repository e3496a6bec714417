"""How much memory processes hold together."""

from __future__ import annotations

from collections.abc import Sequence

import psutil


def held_bytes(processes: Sequence[psutil.Process], limit_bytes: int | None) -> int:
    """Return the resident memory of some processes.

    Processes that share pages have each counted them. Where their sum is above the limit, they are looked at more
    closely, which takes longer, and shared pages count once; Linux only.

    Args:
        processes: Those that have gone count nothing.
        limit_bytes: Above it the figure must be right; None for no limit.
    """
    held = sum(_resident(process) for process in processes)
    if limit_bytes is not None and held > limit_bytes and len(processes) > 1:
        held = sum(_resident(process, shared=True) for process in processes)
    return held


def _resident(process: psutil.Process, *, shared: bool = False) -> int:
    """Return the memory that a process holds in bytes; with `shared`, only its part of what it shares."""
    try:
        if shared and hasattr(info := process.memory_full_info(), "pss"):
            return int(info.pss)
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
