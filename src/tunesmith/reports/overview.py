"""The values of the tables: failures by reason, resources by state, and the trials to list."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import median

from ..core.trial import State, Trial
from ..history.history import History
from ..text.cleaning import plain
from .data import ranked


@dataclass(frozen=True)
class FailureGroup:
    """Trials that failed for the same reason, numbers in it aside.

    Args:
        kind: The kind of failure.
        reason: The reason of the first trial.
        numbers: The trials.
        log_tail: The last lines of the latest log.
    """

    kind: str
    reason: str
    numbers: tuple[int, ...]
    log_tail: str


@dataclass(frozen=True)
class ResourceRow:
    """Time and memory of the trials in one state; None where nothing was measured."""

    state: State
    trials: int
    total_seconds: float | None
    median_seconds: float | None
    longest_seconds: float | None
    median_memory_bytes: float | None
    most_memory_bytes: float | None


def failures(history: History) -> list[FailureGroup]:
    """Return the failed trials by kind and reason, the largest group first."""
    groups: dict[tuple[str, str], list[Trial]] = {}
    for trial in history.trials:
        if trial.failure is not None:
            groups.setdefault((trial.failure.kind, pattern(trial.failure.reason)), []).append(trial)
    rows = []
    for (kind, _), trials in groups.items():
        reasons = [trial.failure for trial in trials if trial.failure is not None]
        tails = [failure.log_tail for failure in reasons if failure.log_tail.strip()]
        numbers = tuple(trial.number for trial in trials)
        rows.append(FailureGroup(kind, plain(reasons[0].reason), numbers, plain(tails[-1]) if tails else ""))
    return sorted(rows, key=lambda group: (-len(group.numbers), group.numbers))


def pattern(reason: str) -> str:
    """Return a reason without its numbers, to compare it with others."""
    return re.sub(r"\d+(\.\d+)?", "#", reason)


def resources(history: History) -> list[ResourceRow]:
    """Return time and memory by state, for the settled states that occur."""
    rows = []
    for state in (State.COMPLETE, State.PRUNED, State.FAILED):
        trials = [trial for trial in history.trials if trial.state is state]
        if not trials:
            continue
        seconds = [s for trial in trials if (s := seconds_taken(trial)) is not None]
        memory = [m for trial in trials if (m := memory_taken(trial)) is not None]
        rows.append(
            ResourceRow(
                state=state,
                trials=len(trials),
                total_seconds=math.fsum(seconds) if seconds else None,
                median_seconds=median(seconds) if seconds else None,
                longest_seconds=max(seconds, default=None),
                median_memory_bytes=median(memory) if memory else None,
                most_memory_bytes=max(memory, default=None),
            )
        )
    return rows


def seconds_taken(trial: Trial) -> float | None:
    """Return the duration of a trial, whatever its outcome; None where unknown."""
    return trial.failure.seconds if trial.seconds is None and trial.failure is not None else trial.seconds


def memory_taken(trial: Trial) -> int | None:
    """Return the peak memory of a trial in bytes, whatever its outcome; None where unknown."""
    if trial.peak_memory_bytes is None and trial.failure is not None:
        return trial.failure.peak_memory_bytes
    return trial.peak_memory_bytes


def listed(history: History, most: int) -> list[Trial]:
    """Return the trials of a table by number: all of them, or half of them the best and half the latest."""
    if len(history.trials) <= most:
        return list(history.trials)
    numbers = set(ranked(history)[: most // 2])
    latest = iter(reversed(history.trials))
    while len(numbers) < most:
        numbers.add(next(latest).number)
    return [history.trials[number] for number in sorted(numbers)]


def stopped(history: History) -> str:
    """Return the reason why the study stopped; empty where it runs, was interrupted, or was never run."""
    return "" if history.stopped is None else plain(history.stopped.reason)
