"""What running a script once showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..core.schema import check_types, expect_range

Ending = Literal["finished", "failed", "time limit", "memory limit"]
Source = Literal["printed", "reported", "written"]
SHORTEST_SECONDS = 0.001
"""Epochs that are printed at once after a training seem shorter than this, and tell nothing."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one run of a script.

    Args:
        seconds: The most wall-clock time.
        memory_bytes: The most resident memory of all its processes; by default most of what is free.
        files: The most files of the script's folder that are looked at.
    """

    seconds: float = 300.0
    memory_bytes: int | None = None
    files: int = 20_000

    def __post_init__(self) -> None:
        check_types(self)
        expect_range(self, "seconds", 0, above=True)


@dataclass(frozen=True, kw_only=True)
class SeenMetric:
    """A metric that a script showed in some way.

    Args:
        name: Its name, which an objective can use as it is.
        value: Its last value.
        sample: The line that showed it, or what else did.
        count: How many values there were.
        counted_by: What counts them: `epoch`, `step`, `progress`, or `count` for the values themselves.
        source: Whether it was printed, reported through a library, or written to a file.
        file: Of a written one, the file.
        heading: The heading right above the printed line.
        first: Of a printed one, its first value.
        is_of_column: Whether it is a total in a table whose column does not tell what is measured.
        measures: What the table's rows say that it measures, if they do.
    """

    name: str
    value: float
    sample: str
    count: int = 1
    counted_by: str = "count"
    source: Source = "printed"
    file: Path | None = None
    heading: str = ""
    first: float | None = None
    is_of_column: bool = False
    measures: str = ""


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """A file that was written while a script ran.

    Args:
        path: The file, absolute.
        is_new: It did not exist before.
        size_bytes: Its size in the end.
    """

    path: Path
    is_new: bool
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a training goes on.

    Args:
        unit: What is counted.
        seconds: The usual time of one.
        last: The number of the last one.
        total: How many there will be, if the output tells.
    """

    unit: Literal["epoch", "step"]
    seconds: float
    last: int
    total: int | None = None


@dataclass(frozen=True, kw_only=True)
class Tryout:
    """What running a script once showed.

    Args:
        words: The command.
        folder: The folder of the run, with its log.
        project: The script's own folder.
        ending: How it ended.
        reason: Why, in a sentence; empty if it finished.
        seconds: The wall-clock time.
        status: The exit status; None if a limit ended it.
        log_tail: The last lines of the output.
        metrics: What it showed, in the order in which it came first.
        files: What it wrote or changed, outside of `folder`.
        files_left_out: Not every file of the folder was looked at.
        files_read: The modules and config files that its Python processes read, without those that are installed.
        pace: How fast it went on; None if nothing tells.
        peak_memory_bytes: The most resident memory of all its processes.
        gpu_memory_bytes: The most memory of GPUs that its processes held; None without a GPU, or if unknown.
        trouble: What it lacks, with the remedy; empty if nothing is known.
        settings: Its arguments by name, as far as they are known.
    """

    words: tuple[str, ...]
    folder: Path
    project: Path
    ending: Ending
    reason: str = ""
    seconds: float
    status: int | None = None
    log_tail: str = ""
    metrics: tuple[SeenMetric, ...] = ()
    files: tuple[FileChange, ...] = ()
    files_left_out: bool = False
    files_read: tuple[Path, ...] = ()
    pace: Pace | None = None
    peak_memory_bytes: int | None = None
    gpu_memory_bytes: int | None = None
    trouble: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether it went far enough to learn from: it finished, or a time limit ended it."""
        return self.ending in ("finished", "time limit")

    def whole_seconds(self, total: int | None = None) -> float | None:
        """Return the time of a whole run, extrapolated if a limit ended it; None if nothing tells.

        Args:
            total: The number of epochs of a whole run, if the output does not tell it.
        """
        if self.ending == "finished":
            return self.seconds
        if self.ending != "time limit" or self.pace is None:
            return None
        if self.pace.unit == "step" and total is not None:
            return None  # The steps may be those of one epoch.
        total = self.pace.total or total
        return None if total is None else self.seconds + max(0, total - self.pace.last) * self.pace.seconds
