"""Read a CSV file, and of one that is too large evenly spaced parts."""

from __future__ import annotations

import dataclasses
import io
import re
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..errors import InputError, message_of
from ..text.wording import count
from .compressed_file import READ_ERRORS, expanded_bytes, open_file
from .csv_format import CsvFormat
from .findings import Finding
from .limits import Limits, sampled_rows

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE_BYTES = 256_000
_SPEED_BYTES = 4_000_000
_LARGE_BYTES = 50_000_000  # Smaller files are read whole.
_CHUNKED_BYTES = 200_000_000  # Larger ones are parsed in chunks, to spare memory.
_PART_BYTES = 1_000_000
_MOST_BAD_LINES = 0.05


@dataclass(frozen=True, kw_only=True)
class CsvTable:
    """A CSV file in memory.

    Args:
        frame: Its rows.
        decimal: Its decimal mark.
        findings: What was noticed.
    """

    frame: pd.DataFrame
    decimal: str
    findings: tuple[Finding, ...]


def read_csv(path: Path, limits: Limits) -> CsvTable:
    """Return the table in a CSV file, which may be compressed; of a large file evenly spaced parts.

    Args:
        path: The file.
        limits: How much of it is read.

    Raises:
        InputError: It is no table, or cannot be decompressed.
    """
    try:
        with open_file(path) as file:
            sample = file.read(_SAMPLE_BYTES)
            is_whole = not file.read(1)
        form = CsvFormat.of(sample, is_whole=is_whole)
        total = expanded_bytes(path)
        share = 1.0 if total < _LARGE_BYTES else _share(path, form, total, limits)
        if share == 1:
            return _parse(path, form, chunked=total > _CHUNKED_BYTES)
        return _read_share(path, form, total, share, row_bytes=len(sample) / max(1, sample.count(b"\n")))
    except READ_ERRORS as error:
        raise InputError(f"{path} cannot be read: {message_of(error)}") from None
    except InputError as error:
        raise InputError(f"{path} cannot be read as CSV: {error}.") from None


def read_csv_batches(path: Path, rows: int) -> Iterator[pd.DataFrame]:
    """Yield all rows of a CSV file in batches, so that it need not fit into memory.

    Args:
        path: The file.
        rows: The most rows of a batch.

    Raises:
        InputError: It is no table.
    """
    import pandas as pd

    try:
        with open_file(path) as file:
            sample = file.read(_SAMPLE_BYTES)
            form = CsvFormat.of(sample, is_whole=not file.read(1))
        with open_file(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Lines with more fields than the header are left out.
            yield from _frame(file, form, batch_rows=rows)
    except READ_ERRORS as error:
        raise InputError(f"{path} cannot be read: {message_of(error)}") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(f"{path} cannot be read as CSV: {message_of(error)}.") from None


def _share(path: Path, form: CsvFormat, total: int, limits: Limits) -> float:
    """Return the share of a file that memory and time allow, judged by its start."""
    started = time.monotonic()
    with open_file(path) as file:
        start = file.read(_SPEED_BYTES)
    frame = _frame(io.BytesIO(start[: start.rfind(b"\n") + 1]), form)
    scale = total / len(start)
    memory = float(frame.memory_usage(deep=True).sum())
    return limits.share(memory_bytes=memory * scale, seconds=(time.monotonic() - started) * scale)


def _read_share(path: Path, form: CsvFormat, total: int, share: float, *, row_bytes: float) -> CsvTable:
    """Return evenly spaced parts of a file; its first rows where parts cannot be told apart."""
    rows = total / row_bytes
    if form.has_line_ends_in_fields or form.encoding.startswith(("utf-16", "utf-32")):
        table, which = _parse(path, form, rows=int(share * rows)), "the first rows"
    else:
        with open_file(path) as file:
            parts = io.BufferedReader(_Stream(_parts(file, total, share)))
            table, which = _parse(parts, form, chunked=share * total > _CHUNKED_BYTES), "evenly spaced parts"
    finding = sampled_rows(rows=rows, used=len(table.frame), file_bytes=total, which=which)
    return dataclasses.replace(table, findings=(finding, *table.findings))


def _parse(source: Any, form: CsvFormat, *, rows: int | None = None, chunked: bool = False) -> CsvTable:
    """Return the table of a path or stream; lines that do not fit are left out if they are few."""
    import pandas as pd

    opened = open_file(source) if isinstance(source, Path) else source
    try:
        with warnings.catch_warnings(record=True) as caught, opened as file:
            warnings.simplefilter("always")
            strict = isinstance(source, Path) and form.encoding == "utf-8"
            frame = _frame(file, form, rows=rows, chunked=chunked, strict=strict)
    except UnicodeDecodeError:  # The first bytes were UTF-8, a later one is not.
        return _parse(source, dataclasses.replace(form, encoding="cp1252"), rows=rows, chunked=chunked)
    except pd.errors.EmptyDataError:
        raise InputError("it has no columns") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(message_of(error)) from None
    bad = sum(len(re.findall(r"Skipping line", str(warning.message))) for warning in caught)
    if bad > _MOST_BAD_LINES * (bad + len(frame)):
        raise InputError(f"{count(bad, 'line')} of {bad + len(frame):,} have more fields than the header")
    findings = [_bad_lines(bad)] if bad else []
    if form.repeated:
        findings.append(repeated_names(form.repeated))
    return CsvTable(frame=frame, decimal=form.decimal, findings=tuple(findings))


def _bad_lines(lines: int) -> Finding:
    return Finding(
        kind="bad_lines",
        severity="warning",
        text=f"{count(lines, 'line')} of the file {'has' if lines == 1 else 'have'} more fields than the header.",
        remedy="They are left out.",
        values={"lines": lines},
    )


def repeated_names(names: Sequence[str]) -> Finding:
    """Return the finding that several columns have the same name."""
    return Finding(
        kind="repeated_names",
        severity="warning",
        columns=tuple(names),
        text=f"Several columns have the same name: {', '.join(names[:5])}.",
        remedy="They are numbered, as in age and age.1. Give them names of their own, or remove them.",
    )


def _frame(
    file: Any,
    form: CsvFormat,
    *,
    rows: int | None = None,
    chunked: bool = False,
    strict: bool = False,
    batch_rows: int | None = None,
) -> Any:
    """Return a frame, or with `batch_rows` an iterator of frames."""
    import pandas as pd

    return pd.read_csv(
        file,
        sep=form.separator,
        decimal=form.decimal,
        quotechar=form.quote,
        escapechar=form.escape,
        doublequote=form.escape is None,
        encoding=form.encoding,
        encoding_errors="strict" if strict else "replace",
        header=None if form.names else 0,
        names=form.names and _distinct(form.names),
        skiprows=form.skipped,
        index_col=False,
        na_values=["?"],
        skipinitialspace=True,
        on_bad_lines="warn",
        low_memory=chunked,
        nrows=rows,
        chunksize=batch_rows,
    )


def _distinct(names: tuple[str, ...]) -> list[str]:
    """Return names that differ, as pandas would make them."""
    counts: dict[str, int] = {}
    result = []
    for name in names:
        result.append(f"{name}.{counts[name]}" if name in counts else name)
        counts[name] = counts.get(name, 0) + 1
    return result


def _parts(file: IO[bytes], total: int, share: float) -> Iterator[bytes]:
    """Yield evenly spaced parts of a file of whole lines; the first one with its header."""
    parts = max(1, int(share * total / _PART_BYTES))
    step = total / parts
    for number in range(parts):
        if number:
            position = max(file.tell(), int(number * step))
            file.seek(position)
            file.readline()
        part = file.read(_PART_BYTES)
        if not part:
            return
        yield part + file.readline()


class _Stream(io.RawIOBase):
    """A stream of the bytes that an iterator yields."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = part
        length = min(len(buffer), len(self._rest))
        buffer[:length], self._rest = self._rest[:length], self._rest[length:]
        return length
