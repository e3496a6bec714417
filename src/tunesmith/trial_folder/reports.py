"""`reports.jsonl`: what a trial says on its way, one JSON object a line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..core.trial import Report, check_number, check_step
from ..errors import InputError

REPORTS_FILE = "reports.jsonl"
_LONGEST_LINE_BYTES = 1 << 20


def append_report(folder: Path, step: int, metrics: Mapping[str, float]) -> None:
    """Add a line to a trial's reports.

    Raises:
        OSError: The folder has gone or the disk is full.
    """
    line = json.dumps({"step": step, **metrics}) + "\n"
    # One write to a file opened for appending: lines of processes that report at once do not mix.
    descriptor = os.open(f"{folder}/{REPORTS_FILE}", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


class ReportsTail:
    """Reads the reports that a script has appended since the last look; a line counts once it has its end.

    Args:
        folder: The trial's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / REPORTS_FILE
        self._offset = 0
        self.garbage: bytes | None = None
        """The first line that is no report, where there was one."""

    def new(self) -> Iterator[Report]:
        """Yield what was added, in order."""
        try:
            if self._path.stat().st_size <= self._offset:
                return
            with self._path.open("rb") as file:
                file.seek(self._offset)
                while line := file.readline(_LONGEST_LINE_BYTES):
                    if not line.endswith(b"\n") and len(line) < _LONGEST_LINE_BYTES:
                        return  # its writer is not done with it
                    self._offset += len(line)
                    if (report := self._parsed(line)) is not None:
                        yield report
        except OSError:
            return  # not there yet, or gone: then there is nothing to read

    def _parsed(self, line: bytes) -> Report | None:
        if not line.strip():
            return None
        try:
            values = json.loads(line)
            step = check_step(values.pop("step"))
            metrics = {str(name): number for name, value in values.items() if (number := _number(value)) is not None}
        except (ValueError, AttributeError, TypeError, KeyError, InputError, RecursionError):
            self.garbage = self.garbage or line[:200]
            return None
        return Report(step, metrics)


def _number(value: object) -> float | None:
    try:
        return None if isinstance(value, bool) else check_number("", value)
    except (InputError, OverflowError):
        return None
