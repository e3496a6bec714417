"""How much a study may spend, and when it has enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from ..errors import InputError


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Limits of a whole study, over all its sessions. None means no limit.

    Args:
        trials: The most trials, repeats included.
        minutes: The most wall-clock time, summed over the sessions; trials still running then are stopped.
        target: Stop once the first metric is at least this good.
        patience: Stop after so many finished trials in a row that brought no new best.
        seconds_per_trial: The most wall-clock time of one trial; it is stopped and has failed.
        memory_gb: The most resident memory of one trial with its child processes, in 10^9 bytes;
            it is stopped and has failed.
        usd: The most money for language models. Without one nothing is spent.

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
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
                raise InputError(f"{field.name} must be a number, but {value!r} was given.", keys=(field.name,))
            least = 1 if field.name in ("trials", "patience") else 0
            if field.name != "target" and (value < least or (value == 0 and field.name != "usd")):
                raise InputError(f"{field.name} must be above 0, but {value} was given.", keys=(field.name,))

    @property
    def memory_bytes(self) -> int | None:
        """The memory limit in bytes."""
        return None if self.memory_gb is None else int(self.memory_gb * 1e9)

    def to_table(self) -> dict[str, Any]:
        """Return the limits that are set."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}
