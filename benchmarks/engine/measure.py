"""Run contenders in turn, each time in a fresh process and an empty folder, and compute medians."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

Figures = dict[str, float]


@dataclass(frozen=True)
class Entry:
    """One row of a table.

    Args:
        label: The name of the row.
        contender: The measured function, see `contenders.CONTENDERS`.
        options: Its options.
        python: The interpreter with the library.
        trials: The number of trials, if it is too slow for the usual number.
        base: Whether the ratios of the other rows refer to this one.
        place: The working folder; by default one for temporary files.
    """

    label: str
    contender: str
    options: Mapping[str, Any] = field(default_factory=dict)
    python: str = sys.executable
    trials: int | None = None
    base: bool = False
    place: str | None = None


@dataclass
class Row:
    """The result of a row: medians, or why there are none."""

    entry: Entry
    figures: Figures
    missing: str = ""


def compare(entries: Sequence[Entry], trials: int, repetitions: int) -> list[Row]:
    """Measure all entries, A B C A B C, so that a slow period of the machine affects all of them."""
    measured: list[list[Figures]] = [[] for _ in entries]
    missing = [""] * len(entries)
    for _ in range(repetitions):
        for index, entry in enumerate(entries):
            if not missing[index]:
                try:
                    measured[index].append(_run(entry, entry.trials or trials))
                except subprocess.CalledProcessError as error:
                    missing[index] = (error.stderr.strip().splitlines() or ["it failed"])[-1]
                    print(f"  {entry.label}: {missing[index]}", file=sys.stderr)
    return [
        Row(entry, {key: median(f[key] for f in figures) for key in figures[0]} if figures else {}, fault)
        for entry, figures, fault in zip(entries, measured, missing, strict=True)
    ]


def _run(entry: Entry, trials: int) -> Figures:
    print(f"  {entry.label}, {trials} trials", file=sys.stderr)
    options = json.dumps({"trials": trials, **entry.options})
    folder = tempfile.mkdtemp(dir=_workplace(entry.place).name)
    command = [entry.python, "-m", "benchmarks.engine.contenders", entry.contender, folder, options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


@cache
def _workplace(place: str | None) -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is removed only after all measurements.

    For minutes after many files were removed, ext4 creates files many times more slowly (it skips recently freed
    inodes), so a contender would be charged for the removal of its predecessor's files.
    """
    return tempfile.TemporaryDirectory(prefix="benchmark-", dir=place, ignore_cleanup_errors=True)
