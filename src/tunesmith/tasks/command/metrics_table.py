"""Metrics in a file that grows by a row an epoch: CSV, or a JSON object a line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...core.metrics import MAX_METRICS
from ...core.reports import Report
from ...in_script.metric_names import WantedNames
from ...in_script.steps import Steps
from .nested_values import flat_values
from .printed_counters import is_counter, is_epoch
from .printed_numbers import number_at

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
_LONGEST_ROW_BYTES = 1 << 20


class MetricsTable:
    """Reads a file with a row an epoch while a script writes it. The last number of each column counts.

    The file may be written anew each time, if the rows stay.

    Args:
        path: The file.
        wanted: The metrics that the study needs, which columns are compared with by their words.
    """

    def __init__(self, path: Path, wanted: Sequence[str]) -> None:
        self._path = path
        self._wanted = WantedNames(tuple(wanted))
        self._values: dict[str, float] = {}
        self._steps = Steps()
        self._header: list[str] | None = None
        self._separator = ","
        self._offset = self._rows = self._row = 0

    def new(self) -> list[Report]:
        """Return the rows since the last call that have a metric of the study, as reports."""
        return list(self._read(at_end=False))

    def end(self) -> list[Report]:
        """Return the rest; the last row may lack its end of line."""
        return list(self._read(at_end=True))

    def values(self) -> dict[str, float]:
        """Return the last number of each column.

        Raises:
            FileNotFoundError: The file does not exist.
        """
        self._path.stat()
        self.end()
        return dict(self._values)

    def _read(self, *, at_end: bool) -> Iterator[Report]:
        try:
            with self._path.open("rb") as file:
                if file.seek(0, 2) < self._offset:  # Written anew.
                    self._offset, self._row, self._header = 0, 0, None
                file.seek(self._offset)
                while line := file.readline(_LONGEST_ROW_BYTES):
                    if not line.endswith(b"\n") and not at_end:
                        return
                    self._offset += len(line)
                    yield from self._report(self._columns(line.decode(errors="replace").strip("\r\n\ufeff")))
        except OSError:
            return  # No such file, yet or any more.

    def _columns(self, line: str) -> Mapping[str, Any]:
        """Return a row by column; nothing for the header, and for what is no row."""
        if not line.strip():
            return {}
        if self._path.suffix.lower() in (".jsonl", ".ndjson"):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                return {}
            return flat_values(row) if isinstance(row, dict) else {}
        if self._header is None:
            self._separator = separator_of(line)
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=self._separator), [])]
        except csv.Error:
            return {}
        cells = header_names(cells) if self._header is None else cells
        if self._header is None or header_names(cells) == self._header:
            self._header = cells
            return {}
        return dict(zip(self._header, cells, strict=False))

    def _report(self, row: Mapping[str, Any]) -> Iterator[Report]:
        metrics: dict[str, float] = {}
        counters: dict[str, float] = {}
        for name, cell in list(row.items())[:MAX_METRICS]:
            number = _number(cell)
            if number is not None and is_counter(name):
                counters.setdefault("epoch" if is_epoch(name) else "step", number)
            elif number is not None and name:
                metrics[self._wanted.find(name) or name] = number
        self._row += bool(row)
        if not metrics or self._row <= self._rows:
            return
        self._rows = self._row
        self._values |= metrics
        if any(name in metrics for name in self._wanted.names):
            step = self._steps.next(epoch=counters.get("epoch"), step=counters.get("step"))
            if step is not None:
                yield Report(step, metrics)


def separator_of(header: str) -> str:
    """Return what separates the columns of a header."""
    return max(",\t;", key=header.count)


def header_names(cells: Sequence[str]) -> list[str]:
    """Return the names of columns, without the `#` that some files begin with.

    >>> header_names(["# epoch", "loss"]), header_names(["#", "loss"])
    (['epoch', 'loss'], ['#', 'loss'])
    """
    first = cells[0].removeprefix("#").strip() if cells else ""
    return [first or cells[0], *cells[1:]] if cells else []


def _number(cell: Any) -> float | None:
    if isinstance(cell, str):
        return number_at(cell, 0)
    try:
        return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None
    except OverflowError:
        return None
