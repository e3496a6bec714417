"""The memory of GPUs that some processes hold, as nvidia-smi tells."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection
from functools import cache

_QUERY = ("--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits")


def gpu_bytes(pids: Collection[int]) -> int | None:
    """Return the memory of GPUs that processes hold; None without nvidia-smi, or if it does not answer."""
    program = _program()
    if program is None:
        return None
    try:
        listing = subprocess.run(
            [program, *_QUERY], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    rows = [line.split(",") for line in listing.splitlines()]
    pairs = [(row[0].strip(), row[1].strip()) for row in rows if len(row) == 2]
    return sum(int(held) << 20 for pid, held in pairs if pid.isdecimal() and held.isdecimal() and int(pid) in pids)


@cache
def _program() -> str | None:
    return shutil.which("nvidia-smi")
