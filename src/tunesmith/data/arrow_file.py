"""Read a Parquet or Arrow file, and of one that is too large evenly spaced parts."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, MissingExtra, message_of
from .findings import Finding
from .limits import Limits, sampled_rows

if TYPE_CHECKING:
    import pandas as pd

_BATCH_ROWS = 20_000


def read_arrow(path: Path, form: str, limits: Limits) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the table in a file, and what was noticed.

    Args:
        path: The file.
        form: `Parquet`, or `Arrow` for Arrow IPC, which is also called Feather.
        limits: How much of it is read.

    Raises:
        InputError: It is not a whole file of that form.
        MissingExtra: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtra(f"{form} files need pyarrow. Install it with: pip install 'tunesmith[parquet]'") from None
    try:
        if form == "Parquet":
            return _read_parquet(parquet.ParquetFile(path), path, limits)
        with pyarrow.memory_map(str(path)) as file:
            return _read_batches(file, path, limits)
    except Exception as error:  # pyarrow raises many kinds for damaged files.
        raise InputError(f"{path} must be a whole {form} file, but cannot be read: {message_of(error)}") from None


def arrow_to_pandas(table: Any) -> pd.DataFrame:
    """Return a table of Arrow as a frame of pandas; an index with a name becomes a column."""
    unnamed = [name for name in table.column_names if name.startswith("__index_level_")]
    table = table.drop_columns(unnamed) if unnamed else table
    frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True, ignore_metadata=True)
    return frame


def _read_parquet(file: Any, path: Path, limits: Limits) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    rows, groups = file.metadata.num_rows, file.metadata.num_row_groups
    started = time.monotonic()
    first = next(file.iter_batches(_BATCH_ROWS), None)
    share = 1.0 if first is None else _share(first, rows, time.monotonic() - started, limits)
    if share == 1:
        return arrow_to_pandas(file.read()), ()
    wanted = math.ceil(share * groups)
    if wanted >= 10:  # Enough to be spread over the file.
        chosen = [int(number * groups / wanted) for number in range(wanted)]
        return _joined(file.iter_batches(_BATCH_ROWS, row_groups=chosen), rows, path)
    return _joined(_every(file.iter_batches(_BATCH_ROWS), share), rows, path)


def _read_batches(file: Any, path: Path, limits: Limits) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    import pyarrow

    try:
        reader = pyarrow.ipc.open_file(file)
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
    except pyarrow.ArrowInvalid:
        file.seek(0)
        reader = pyarrow.ipc.open_stream(file)
        batches = list(reader)  # Mapped, not loaded.
    table = pyarrow.Table.from_batches(batches, reader.schema)
    started = time.monotonic()
    share = _share(table.slice(0, _BATCH_ROWS), len(table), time.monotonic() - started, limits) if len(table) else 1.0
    if share == 1:
        return arrow_to_pandas(table), ()
    parts = (table.slice(start, _BATCH_ROWS) for start in range(0, len(table), _BATCH_ROWS))
    return _joined((batch for part in _every(parts, share) for batch in part.to_batches()), len(table), path)


def _share(first: Any, rows: int, seconds: float, limits: Limits) -> float:
    """Return the share of the rows that memory and time allow, judged by the first of them."""
    started = time.monotonic()
    frame = first.to_pandas()
    scale = rows / max(1, len(frame))
    memory = float(frame.memory_usage(deep=True).sum()) * scale
    return limits.share(memory_bytes=memory, seconds=(seconds + time.monotonic() - started) * scale)


def _every(parts: Iterator[Any], share: float) -> Iterator[Any]:
    """Yield an evenly spaced share of parts."""
    for number, part in enumerate(parts):
        if math.floor((number + 1) * share) > math.floor(number * share):
            yield part


def _joined(batches: Iterator[Any], rows: int, path: Path) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    import pyarrow

    frame = arrow_to_pandas(pyarrow.Table.from_batches(batches))
    return frame, (sampled_rows(rows=rows, used=len(frame), file_bytes=path.stat().st_size),)
