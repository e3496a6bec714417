"""Where a trial's metrics are: a file that its script writes, its output, or what it logs with a library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ...core.reports import Report
from .metrics_table import SUFFIXES

LOGGED = "logged"
"""As `metrics`: the last values that the script logs with a library."""
NO_FILES = ("stdout", LOGGED)
"""The values of `metrics` that are no file."""


class MetricsFile(Protocol):
    """A file that is read while a script writes it."""

    def new(self) -> Sequence[Report]:
        """Return the reports since the last call."""
        ...

    def end(self) -> Sequence[Report]:
        """Return the rest, once the script has ended."""
        ...

    def values(self) -> dict[str, float]:
        """Return the last value of each metric.

        Raises:
            FileNotFoundError: The file does not exist.
        """
        ...


def is_text(metrics: str | None) -> bool:
    """Tell whether metrics are in a text file, which is read as output is: any file but JSON, JSON lines and tables.

    >>> is_text("results/train_log.txt"), is_text("log.csv"), is_text("stdout"), is_text(None)
    (True, False, False, False)
    """
    if metrics is None or metrics in NO_FILES:
        return False
    return Path(metrics).suffix.lower() not in (".json", *SUFFIXES)
