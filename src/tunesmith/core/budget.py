"""The limits of a study."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .schema import LONGEST_SECONDS, check_types, expect_range
from .values import finite


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Limits of a study over all its sessions. None means no limit.

    Args:
        trials: The most trials, repeats included.
        minutes: The most wall-clock time, summed over sessions; trials still running then are stopped.
        target: A value of the first metric at which the study stops.
        patience: The number of consecutive finished trials without a new best after which the study stops.
        seconds_per_trial: The most wall-clock time of one trial, which then fails.
        memory_gb: The most resident memory of one trial and its child processes, in 10^9 bytes; the trial then fails.
        usd: The most money for language models. None allows no paid call.

    >>> Budget(trials=60, minutes=120).trials
    60
    """

    trials: int | None = None
    minutes: float | None = None
    target: float | None = None
    patience: int | None = None
    seconds_per_trial: float | None = None
    memory_gb: float | None = None
    usd: float | None = None

    def __post_init__(self) -> None:
        check_types(self)
        if self.target is not None:
            finite(self.target, "target", "target")
        for name in ("trials", "patience"):
            expect_range(self, name, 0, above=True)
        expect_range(self, "minutes", 0, LONGEST_SECONDS / 60, above=True)
        expect_range(self, "seconds_per_trial", 0, LONGEST_SECONDS, above=True)
        expect_range(self, "memory_gb", 0, 1e9, above=True)
        expect_range(self, "usd", 0, below=True)

    @property
    def memory_bytes(self) -> int | None:
        """The memory limit in bytes."""
        return None if self.memory_gb is None else int(self.memory_gb * 1e9)

    def to_table(self) -> dict[str, Any]:
        """Return the limits that are set."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}
