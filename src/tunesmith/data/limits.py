"""How much of a large file is read."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from ..text.wording import size
from .findings import Finding

_MEMORY_SHARE = 0.1  # Of the available memory: training in two processes takes about four times the table.


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of a large file is read.

    Args:
        memory_bytes: The size of the table in memory; by default a tenth of the available memory.
        seconds: The time of reading; no limit by default.
    """

    memory_bytes: float | None = None
    seconds: float | None = None

    def share(self, *, memory_bytes: float, seconds: float) -> float:
        """Return the share of a table that may be read, from what the whole would take; 1 for all of it."""
        allowed = self.memory_bytes or _MEMORY_SHARE * psutil.virtual_memory().available
        in_time = 1.0 if self.seconds is None else self.seconds / max(seconds, 1e-9)
        return min(1.0, allowed / max(memory_bytes, 1.0), in_time)


def sampled_rows(*, rows: float, used: int, file_bytes: int, which: str = "evenly spaced parts") -> Finding:
    """Return the finding that a file was not read as a whole.

    Args:
        rows: About how many rows it has.
        used: How many were read.
        file_bytes: Its size.
        which: Which ones.
    """
    return Finding(
        kind="sampled_rows",
        severity="warning",
        text=f"The file has about {float(f'{rows:.2g}'):,.0f} rows ({size(file_bytes)}), of which {used:,} are used, "
        "so that time and memory suffice.",
        remedy=f"They are {which} of the file. Allow more minutes or memory to use more.",
        values={"rows": int(rows), "used": used},
    )
