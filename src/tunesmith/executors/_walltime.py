"""The time of a batch job, as schedulers write it."""

from __future__ import annotations

import math
import re

from ..errors import InputError


def seconds_of(walltime: str) -> float:
    """Return the seconds of a walltime.

    Raises:
        InputError: It has another form than `HH:MM:SS`, or is shorter than a minute.

    >>> seconds_of("01:30:00")
    5400.0
    """
    parts = walltime.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise InputError(f"walltime must have the form HH:MM:SS, got {walltime!r}.", keys=("walltime",))
    hours, minutes, seconds = map(int, parts)
    whole = 3600.0 * hours + 60.0 * minutes + seconds
    if whole < 60.0:
        raise InputError(f"walltime must be at least a minute, got {walltime!r}.", keys=("walltime",))
    return whole


def walltime_of(seconds: float) -> str:
    """Return seconds as a walltime, rounded up to whole minutes.

    >>> walltime_of(5390.0)
    '01:30:00'
    """
    minutes = math.ceil(seconds / 60.0)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def seconds_of_slurm(limit: str) -> float:
    """Return the seconds of a time limit as Slurm prints it; infinity for what is no time, as `infinite`.

    >>> seconds_of_slurm("1-12:00:00"), seconds_of_slurm("30:00"), seconds_of_slurm("infinite")
    (129600.0, 1800.0, inf)
    """
    match = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)", limit)
    if match is None:
        return math.inf
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds
