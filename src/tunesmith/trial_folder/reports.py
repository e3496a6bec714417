"""`reports.jsonl`: a trial's intermediate metrics, one JSON object per line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..core.metrics import MAX_METRICS, metric_name
from ..core.reports import Report
from ..core.values import number, step
from ..errors import InputError
from .names import REPORTS_FILE

_LONGEST_LINE_BYTES = 1 << 20


def append_report(folder: Path, step: int, metrics: Mapping[str, float]) -> None:
    """Append a report.

    Raises:
        OSError: The folder is missing or the disk is full.
    """
    line = json.dumps({"step": step, **metrics}) + "\n"
    # A single write to a file opened for appending: lines of processes that report at the same time do not mix.
    descriptor = os.open(f"{folder}/{REPORTS_FILE}", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


class ReportsTail:
    """Reads a trial's reports as they are appended. A line is read once it is complete.

    Args:
        folder: The trial's folder.
        name: The name of the file in it.

    Attributes:
        garbage: The first line that is not a report, or None.
        left_out: Why the first value that is no number was left out; empty if none was.
    """

    def __init__(self, folder: Path, name: str = REPORTS_FILE) -> None:
        self.garbage: bytes | None = None
        self.left_out = ""
        self._path = folder / name
        self._offset = 0
        self._is_skipping = False  # Whether the next bytes belong to a line that is too long.

    def new(self) -> Iterator[Report]:
        """Yield the reports since the last call, in order."""
        try:
            if self._path.stat().st_size <= self._offset:
                return
            with self._path.open("rb") as file:
                file.seek(self._offset)
                while line := file.readline(_LONGEST_LINE_BYTES):
                    if not line.endswith(b"\n") and len(line) < _LONGEST_LINE_BYTES:
                        return  # still being written
                    self._offset += len(line)
                    is_part = self._is_skipping or not line.endswith(b"\n")
                    self._is_skipping = not line.endswith(b"\n")
                    if is_part:
                        self.garbage = self.garbage or line[:200]
                    elif (report := self._parse(line)) is not None:
                        yield report
        except OSError:
            return  # no such file, yet or any more

    def _parse(self, line: bytes) -> Report | None:
        if not line.strip():
            return None
        try:
            values = json.loads(line)
            at = step(values.pop("step"))
        except (ValueError, AttributeError, TypeError, KeyError, InputError, RecursionError):
            self.garbage = self.garbage or line[:200]
            return None
        if len(values) > MAX_METRICS:
            self.garbage = self.garbage or line[:200]
            return None
        metrics: dict[str, float] = {}
        for name, value in values.items():
            try:
                metrics[metric_name(name)] = number(value, f"metric '{name}'")
            except InputError as error:
                self.left_out = self.left_out or error.message
        return Report(at, metrics)
