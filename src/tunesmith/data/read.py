"""Read a table from a file or a frame of any library."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..text.cleaning import valid
from .arrow_file import arrow_to_pandas, read_arrow
from .csv_file import read_csv, read_csv_batches, repeated_names
from .findings import Finding
from .limits import Limits

if TYPE_CHECKING:
    import pandas as pd

_BATCHED_BYTES = 100_000_000
_PARQUET, _ARROW = b"PAR1", (b"ARROW1", b"\xff\xff\xff\xff")


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A table as the user has it.

    Args:
        frame: Its rows, with an index from 0 and distinct names without surrounding spaces.
        decimal: The decimal mark of numbers in text, where their values allow two.
        findings: What was noticed in reading.
    """

    frame: pd.DataFrame
    decimal: str = "."
    findings: tuple[Finding, ...] = ()


def read_frame(source: Any) -> pd.DataFrame:
    """Return a table as a pandas frame, as `read_table` does."""
    return read_table(source).frame


def read_table(source: Any, limits: Limits | None = None) -> RawTable:
    """Return a table as a pandas frame, and what was noticed in reading it.

    Args:
        source: The path of a file: CSV (separator, quotes, decimal mark, encoding and compression are found), Parquet,
            or Arrow IPC (Feather). Or a frame or series of pandas or polars, an Arrow table, an array of NumPy with two
            dimensions or with named fields, or a table of columns.
        limits: How much of a large CSV file is read; by default what the available memory allows.

    Raises:
        InputError: The file is missing, empty, or no table.
        MissingExtra: Parquet and Arrow need pyarrow.
    """
    if isinstance(source, str | Path):
        table = _read_file(Path(source).expanduser(), limits or Limits())
    else:
        table = RawTable(frame=_to_pandas(source))
    table = _with_plain_names(table)
    if not len(table.frame.columns):
        raise InputError("a table must have columns, this one has none.")
    return table


def read_batches(source: Any, rows: int = 50_000) -> Iterator[RawTable]:
    """Yield all rows of a table in batches; of a large CSV file without ever holding all of it.

    Args:
        source: What `read_table` accepts.
        rows: The most rows of a batch.

    Raises:
        InputError: As for `read_table`.
    """
    path = Path(source).expanduser() if isinstance(source, str | Path) else None
    if path is not None and path.is_file() and path.stat().st_size > _BATCHED_BYTES and not _is_arrow(path):
        for frame in read_csv_batches(path, rows):
            yield _with_plain_names(RawTable(frame=frame))
        return
    table = read_table(source, Limits(memory_bytes=math.inf))
    for start in range(0, max(len(table.frame), 1), rows):
        yield replace(table, frame=table.frame.iloc[start : start + rows])


def _is_arrow(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8).startswith((_PARQUET, *_ARROW))


def _read_file(path: Path, limits: Limits) -> RawTable:
    if path.is_dir():
        raise InputError(f"a table must be a file, but {path} is a folder.")
    if not path.is_file():
        raise InputError(f"a table must be an existing file, got {path}.")
    if path.stat().st_size == 0:
        raise InputError(f"a table must have rows, but {path} is empty.")
    with path.open("rb") as file:
        start = file.read(8)
    suffix = path.suffix.lower()
    if start.startswith(_PARQUET) or suffix in (".parquet", ".pq"):
        return _of_arrow(path, "Parquet", limits)
    if start.startswith(_ARROW) or suffix in (".feather", ".arrow", ".ipc"):
        return _of_arrow(path, "Arrow", limits)
    if suffix in (".xlsx", ".xls", ".ods"):
        raise InputError(f"spreadsheets are not read. Save {path.name} as CSV first.")
    if suffix in (".json", ".jsonl", ".ndjson"):
        raise InputError(f"JSON is not read. Save {path.name} as CSV or Parquet first.")
    csv = read_csv(path, limits)
    return _without_index(RawTable(frame=csv.frame, decimal=csv.decimal, findings=csv.findings))


def _of_arrow(path: Path, form: str, limits: Limits) -> RawTable:
    frame, findings = read_arrow(path, form, limits)
    return RawTable(frame=frame, findings=findings)


def _to_pandas(source: Any) -> pd.DataFrame:
    """Return a frame of any library as one of pandas."""
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return source.copy(deep=False)
    if isinstance(source, pd.Series):
        return source.to_frame(source.name if source.name is not None else "column_0")
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Mapping):
        return _from_columns(source)
    if isinstance(source, list) and source and all(isinstance(row, Mapping) for row in source):
        return pd.DataFrame.from_records(source)
    if hasattr(source, "collect") and hasattr(source, "lazy"):  # A lazy frame of polars.
        source = source.collect()
    if hasattr(source, "to_frame") and not hasattr(source, "columns"):  # A series of polars.
        source = source.to_frame()
    if hasattr(source, "to_arrow") and not _has_pyarrow():
        return pd.DataFrame({name: source[name].to_list() for name in source.columns})
    if hasattr(source, "to_pandas"):  # Frames of polars, Arrow tables and others.
        return pd.DataFrame(source.to_pandas())
    if hasattr(source, "__arrow_c_stream__") and _has_pyarrow():
        import pyarrow

        return arrow_to_pandas(pyarrow.table(source))
    if hasattr(source, "toarray"):  # A sparse matrix of SciPy.
        return _from_array(source.toarray())
    raise InputError(f"a table must be a path or a frame, got {type(source).__name__}.")


def _has_pyarrow() -> bool:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return False
    return True


def _from_array(array: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    if isinstance(array, np.ma.MaskedArray):
        masked: Any = array
        array = masked.astype(object).filled(None) if array.dtype.names is None else masked.filled()
    if array.dtype.names is not None:
        if any(array.dtype[name].shape for name in array.dtype.names):
            raise InputError("each field of an array must hold one value for each row, but one holds arrays.")
        return pd.DataFrame({name: array.reshape(-1)[name] for name in array.dtype.names})
    if array.ndim != 2:
        raise InputError(f"an array must have two dimensions, rows and columns, got {array.ndim}.")
    return pd.DataFrame(array, columns=[f"column_{index}" for index in range(array.shape[1])])


def _from_columns(columns: Mapping[Any, Any]) -> pd.DataFrame:
    import pandas as pd

    try:
        lengths = {str(name): len(values) for name, values in columns.items()}
    except TypeError:
        raise InputError("each column of a table must be a list or an array with one value for each row.") from None
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:5])
        raise InputError(f"all columns of a table must have the same number of values, got {shown}.")
    return pd.DataFrame(
        {name: np.asarray(v) if hasattr(v, "__array__") else pd.Series(list(v)) for name, v in columns.items()}
    )


def _with_plain_names(table: RawTable) -> RawTable:
    """Return a table whose names are distinct strings without surrounding spaces, and whose index counts from 0."""
    frame = table.frame.reset_index(drop=True)
    names: list[str] = []
    repeated: list[str] = []
    taken: set[str] = set()
    for label in frame.columns:
        name = valid("_".join(map(str, label)) if isinstance(label, tuple) else str(label)).strip()
        number, distinct = 1, name
        while distinct in taken:
            distinct, number = f"{name}.{number}", number + 1
        if distinct != name:
            repeated.append(name)
        taken.add(distinct)
        names.append(distinct)
    frame.columns = names
    if not repeated:
        return replace(table, frame=frame)
    return replace(table, frame=frame, findings=(*table.findings, repeated_names(list(dict.fromkeys(repeated)))))


def _without_index(table: RawTable) -> RawTable:
    """Return the table of a file without a first column that only counts its rows and has no name."""
    frame = table.frame
    first = str(frame.columns[0]) if len(frame.columns) > 1 else "x"
    if first.strip() and not first.startswith("Unnamed: 0"):
        return table
    values = frame.iloc[:, 0]
    counts_rows = values.dtype.kind in "iu" and bool((np.diff(values.to_numpy()) > 0).all())
    if not counts_rows and not (values.dtype.kind == "O" and values.is_unique):
        return table
    finding = Finding(
        kind="row_numbers",
        severity="info",
        text=f"The first column has no name and only {'counts' if counts_rows else 'names'} the rows.",
        remedy="It is left out.",
    )
    return replace(table, frame=frame.iloc[:, 1:], findings=(*table.findings, finding))
