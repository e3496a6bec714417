"""Metrics in a text file, as the log that a script keeps or the summary that it writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ...core.reports import Report
from .printed_metrics import PrintedMetrics

_PIECE_BYTES = 1 << 20
_COMPARED_BYTES = 256


class MetricsText:
    """Reads a text file while a script writes it, as its output is read. The last value of each name counts.

    A file that is written anew is read from its beginning. Steps that it had before are not reported again.

    Args:
        path: The file.
        begin: Makes what finds the metrics in a text that begins.
    """

    def __init__(self, path: Path, begin: Callable[[], PrintedMetrics]) -> None:
        self._path = path
        self._begin = begin
        self._printed = begin()
        self._offset = 0
        self._last = b""  # What stands before the offset, as far as it is compared.
        self._step = self._step_before = -1

    def new(self) -> list[Report]:
        """Return the reports since the last call."""
        self._read()
        return self._later(self._printed.reports())

    def end(self) -> list[Report]:
        """Return the rest; the last line may lack its end."""
        self._read()
        return self._later(self._printed.last_reports())

    def values(self) -> dict[str, float]:
        """Return the last value of each name.

        Raises:
            FileNotFoundError: The file does not exist.
        """
        self._path.stat()
        self._read()
        return self._printed.values()

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset - len(self._last))
                if file.read(len(self._last)) != self._last:  # Written anew.
                    self._printed, self._offset, self._last = self._begin(), 0, b""
                    self._step_before = self._step
                    file.seek(0)
                while piece := file.read(_PIECE_BYTES):
                    self._printed.feed(piece)
                    self._offset += len(piece)
                    self._last = (self._last + piece)[-_COMPARED_BYTES:]
        except OSError:
            return  # No such file, yet or any more.

    def _later(self, reports: Sequence[Report]) -> list[Report]:
        """Return the reports that a file written anew does not repeat."""
        later = [report for report in reports if report.step > self._step_before]
        self._step = max((report.step for report in later), default=self._step)
        return later
