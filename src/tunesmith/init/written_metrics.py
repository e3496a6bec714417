"""Metrics in the files that a script writes: the last row of a CSV file, the last line of JSON lines, a JSON table."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..core.metric_words import is_metric
from ..tasks.command.metrics_table import header_names, separator_of
from ..tasks.command.nested_values import flat_values
from ..tasks.command.row_labels import names_part
from ..text.cleaning import short
from .tryout import SeenMetric

_MOST_BYTES = 4 << 20
_MOST_METRICS = 50
_COUNTERS = ("epoch", "step", "iteration", "iter")


def written_metrics(path: Path) -> list[SeenMetric]:
    """Return the metrics in a file that a script wrote; none if it is large, or of another kind.

    Args:
        path: A `.csv`, `.tsv`, `.json` or `.jsonl` file.
    """
    readers = {".csv": _csv_rows, ".tsv": _csv_rows, ".json": _json_rows, ".jsonl": _json_lines, ".ndjson": _json_lines}
    reader = readers.get(path.suffix.lower())
    try:
        if reader is None or not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return []
        rows = list(reader(path))
    except (OSError, ValueError, csv.Error, RecursionError):
        return []
    last: dict[str, float] = {}
    counts: dict[str, int] = {}
    for row in rows:
        for name, value in row.items():
            if (number := _number(value)) is not None and _is_metric(name):
                last[name] = number
                counts[name] = counts.get(name, 0) + 1
    counter = next((name for name in (rows[-1] if rows else ()) if name.lower() in _COUNTERS), None)
    counted_by = "count" if counter is None else "epoch" if counter.lower() == "epoch" else "step"
    sample = short(json.dumps(rows[-1], default=str), 120) if rows else ""
    return [
        SeenMetric(
            name=name,
            value=value,
            sample=sample,
            count=counts[name],
            counted_by=counted_by,
            source="written",
            file=path,
        )
        for name, value in list(last.items())[:_MOST_METRICS]
    ]


def _is_metric(name: str) -> bool:
    """Tell whether a name is that of a metric; a table of a metric's name may hold the settings of a loss.

    >>> _is_metric("val_loss"), _is_metric("loss.val"), _is_metric("cv.rmse"), _is_metric("loss.start_factor")
    (True, True, True, False)
    """
    table, _, last = name.rpartition(".")
    return is_metric(last) or (is_metric(table) and names_part(last)) or (is_metric(name) and last.isdecimal())


def _csv_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    header, _, rest = text.partition("\n")
    delimiter = separator_of(header)
    names = header_names([cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), [])])
    for row in csv.DictReader(rest.splitlines(), names, delimiter=delimiter):
        yield {name: value for name, value in row.items() if isinstance(name, str)}


def _json_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError):  # The last line may be incomplete.
            row = json.loads(line)
            if isinstance(row, dict):
                yield flat_values(row)


def _json_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    content = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    rows = content if isinstance(content, list) else [content]
    yield from (flat_values(row) for row in rows if isinstance(row, dict))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    with suppress(ValueError, OverflowError):
        number = float(value)
        return number if math.isfinite(number) else None
    return None
