"""A test run, summed up in a few lines."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..text.cleaning import short
from ..text.wording import count, duration, size
from ..trial_folder.names import LOG_FILE
from .suitability import ranked
from .tryout import SHORTEST_SECONDS, FileChange, Limits, SeenMetric, Tryout

_MOST_METRICS = 8
_MOST_FILES = 8
_TAIL_LINES = 12


def announcement(command: str, folder: object, log: object, limits: Limits) -> list[str]:
    """Return what is said before a script is run.

    Args:
        command: The command.
        folder: Where it runs.
        log: The folder of its log.
        limits: Its limits.
    """
    return [
        f"A test run of your script with your own values, of at most {duration(limits.seconds)}, shows what it prints, "
        f"writes and needs: {short(command, 300)}",
        f"It runs in {folder} and writes where it always does; what it prints is kept in {log}. Ctrl-C stops it.",
    ]


def summary(tryout: Tryout) -> Iterator[str]:
    """Yield lines that say how a run ended, and what it showed."""
    yield f"test run: {_ended(tryout)}"
    for metric in ranked(tryout.metrics)[:_MOST_METRICS]:
        times = f", {count(metric.count, 'value')}" if metric.count > 1 else ""
        yield f"  {short(metric.name, 40)} = {metric.value:.6g}{times}    {short(metric.sample, 80)}"
    if (more := len(tryout.metrics) - _MOST_METRICS) > 0:
        yield f"  and {count(more, 'other metric')}"
    if not tryout.metrics and tryout.counts:
        yield "  no metric was found in its output"
    if tryout.pace is not None and tryout.pace.seconds >= SHORTEST_SECONDS:
        yield f"  {duration(tryout.pace.seconds)} per {tryout.pace.unit}"
    yield from _files(tryout)
    if not tryout.counts or not tryout.metrics:
        if tryout.trouble:
            yield f"  it seems that {tryout.trouble}"
        yield f"  the end of its output ({tryout.folder / LOG_FILE}):"
        yield from (f"    {short(line, 160)}" for line in tryout.log_tail.splitlines()[-_TAIL_LINES:])


def _ended(tryout: Tryout) -> str:
    memory = f", {size(tryout.peak_memory_bytes)} of memory" if tryout.peak_memory_bytes else ""
    gpu = f", {size(tryout.gpu_memory_bytes)} of GPU memory" if tryout.gpu_memory_bytes else ""
    if tryout.ending == "finished":
        return f"finished after {duration(tryout.seconds)}{memory}{gpu}"
    return f"{tryout.reason}{memory}{gpu}"


def _files(tryout: Tryout) -> Iterator[str]:
    for change in sorted(tryout.files, key=lambda change: change.is_new)[:_MOST_FILES]:
        yield f"  {'wrote' if change.is_new else 'overwrote'} {_place(change, tryout)} ({size(change.size_bytes)})"
    if (more := len(tryout.files) - _MOST_FILES) > 0:
        yield f"  and {count(more, 'other file')}"
    if tryout.files_left_out:
        yield "  its folder holds more files than were looked at"


def _place(change: FileChange, tryout: Tryout) -> str:
    project = tryout.project.resolve()
    path = change.path.relative_to(project) if change.path.is_relative_to(project) else change.path
    return short(path, 120)


def tryout_facts(tryout: Tryout) -> dict[str, Any]:
    """Return what a run showed as plain values."""
    return {
        "ending": tryout.ending,
        "reason": tryout.reason,
        "trouble": tryout.trouble,
        "status": tryout.status,
        "seconds": round(tryout.seconds, 3),
        "peak_memory_bytes": tryout.peak_memory_bytes,
        "gpu_memory_bytes": tryout.gpu_memory_bytes,
        "pace": None if tryout.pace is None else dataclasses.asdict(tryout.pace),
        "metrics": [_facts(metric) for metric in ranked(tryout.metrics)],
        "files": [_facts(change) for change in tryout.files],
        "log": str(tryout.folder / LOG_FILE),
        "log_tail": tryout.log_tail,
    }


def _facts(entry: SeenMetric | FileChange) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Path) else value for key, value in dataclasses.asdict(entry).items()}
