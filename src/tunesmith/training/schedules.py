"""Schedules of learning rates and of other strengths, by name: a factor for each moment of the training."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..errors import InputError, nearest


def _coslog4(progress: float) -> float:
    return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * progress)))


def _flat_cosine(progress: float) -> float:
    return 1.0 if progress < 0.5 else 0.5 * (1 + math.cos(math.pi * (2 * progress - 1)))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1.0 - progress,
    "cosine": lambda progress: 0.5 * (1 + math.cos(math.pi * progress)),
    "flat_cosine": _flat_cosine,
    "coslog4": _coslog4,
}
"""`coslog4` rises from 0 and falls to 0 four times, each time twice as long (Holzmueller et al. 2024, section 3);
`flat_cosine` falls to 0 in the second half."""


def schedule_named(name: str) -> Callable[[float], float]:
    """Return a schedule: a function of the progress from 0 to 1 that returns a factor from 0 to 1.

    Raises:
        InputError: There is no such schedule.

    >>> round(schedule_named("cosine")(0.5), 3)
    0.5
    """
    if name not in SCHEDULES:
        raise InputError(f"a schedule must be one of {', '.join(SCHEDULES)}, got '{name}'.{nearest(name, SCHEDULES)}")
    return SCHEDULES[name]
