"""Read a CSV file, and of one that is too large evenly spaced parts."""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import io
import lzma
import re
import time
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import psutil

from ..errors import InputError, message_of
from ..text.wording import count, size
from .csv_format import CsvFormat
from .findings import Finding

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE_BYTES = 256_000
_SPEED_BYTES = 4_000_000
_LARGE_BYTES = 50_000_000  # Smaller files are read whole.
_PART_BYTES = 1_000_000
_MEMORY_SHARE = 0.15  # Of the available memory for the table; converting, storing and training take several times that.
_MOST_BAD_LINES = 0.05
_OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of a large file is read.

    Args:
        memory_bytes: The size of the table in memory; by default 15 % of the available memory.
        seconds: The time of reading; no limit by default.
    """

    memory_bytes: float | None = None
    seconds: float | None = None


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
        return _read(path, form, sample, limits)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read: {message_of(error)}") from None
    except InputError as error:
        raise InputError(f"{path} cannot be read as CSV: {error}.") from None


def open_file(path: Path) -> IO[bytes]:
    """Return a file opened for reading, decompressed if it is compressed with gzip, bzip2, xz, or as one zip member."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        archive = zipfile.ZipFile(path)
        members = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
        if len(members) != 1:
            raise InputError(f"a zip file must hold one CSV file, this one holds {count(len(members), 'file')}")
        return archive.open(members[0])
    opener: Any = next((opener for mark, opener in _OPENERS.items() if start.startswith(mark)), None)
    return path.open("rb") if opener is None else opener(path, "rb")


def _read(path: Path, form: CsvFormat, sample: bytes, limits: Limits) -> CsvTable:
    """Return the table in a file of a known format."""
    total = path.stat().st_size
    if total < (_LARGE_BYTES if _is_plain(path) else _LARGE_BYTES // 10):
        return _parse(path, form, None, ())
    total = _expanded_size(path, total)
    share, seconds_share = _shares(path, form, total, limits)
    if min(share, seconds_share) >= 1:
        return _parse(path, form, None, ())
    share = min(share, seconds_share)
    reason = "the time allows no more" if seconds_share <= share else "the table fits into memory"
    in_parts = not form.has_line_ends_in_fields and not form.encoding.startswith("utf-16")
    in_parts = in_parts and not form.encoding.startswith("utf-32")
    row_bytes = len(sample) / max(1, sample.count(b"\n"))
    finding = Finding(
        kind="sampled_rows",
        severity="warning",
        text=f"The file has {size(total)}, about {total / row_bytes:,.0f} rows; {share:.0%} of them are used, so that "
        f"{reason}.",
        remedy=f"They are {'evenly spaced parts of' if in_parts else 'the first rows of'} the file. "
        "Allow more minutes or memory to use more.",
        values={"share": share, "file_bytes": total},
    )
    if not in_parts:
        return _parse(path, form, int(share * total / row_bytes), (finding,))
    with open_file(path) as file:
        parts = io.BufferedReader(_Stream(_parts(file, total, share)))
        return _parse(parts, form, None, (finding,))


def _is_plain(path: Path) -> bool:
    with open_file(path) as file:
        return isinstance(file, io.BufferedReader)


def _expanded_size(path: Path, stored: int) -> int:
    """Return about how many bytes a file has when decompressed."""
    with path.open("rb") as raw, open_file(path) as file:
        if isinstance(file, zipfile.ZipExtFile):
            return file.seek(0, io.SEEK_END)
        if not isinstance(file, gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile):
            return stored
        opened: Any = gzip.GzipFile(fileobj=raw) if isinstance(file, gzip.GzipFile) else type(file)(raw)
        read = len(opened.read(8 * _SPEED_BYTES))
        return int(stored * read / max(1, min(raw.tell(), stored)))


def _shares(path: Path, form: CsvFormat, total: int, limits: Limits) -> tuple[float, float]:
    """Return the shares of a file that memory and time allow, judged by its start."""
    with open_file(path) as file:
        start = file.read(_SPEED_BYTES)
    started = time.monotonic()
    frame = _frame(io.BytesIO(start[: start.rfind(b"\n") + 1]), form, None)
    seconds = time.monotonic() - started
    ratio = float(frame.memory_usage(deep=True).sum()) / len(start)
    allowed = limits.memory_bytes or _MEMORY_SHARE * psutil.virtual_memory().available
    in_time = 1.0 if limits.seconds is None else limits.seconds / (seconds * total / len(start))
    return allowed / (ratio * total), in_time


def _parse(source: Any, form: CsvFormat, rows: int | None, findings: tuple[Finding, ...]) -> CsvTable:
    """Return the table of a path or stream; lines that do not fit are left out if they are few."""
    import pandas as pd

    opened = open_file(source) if isinstance(source, Path) else source
    try:
        with warnings.catch_warnings(record=True) as caught, opened as file:
            warnings.simplefilter("always")
            frame = _frame(file, form, rows, strict=isinstance(source, Path) and form.encoding == "utf-8")
    except UnicodeDecodeError:  # The first bytes were UTF-8, a later one is not.
        return _parse(source, dataclasses.replace(form, encoding="cp1252"), rows, findings)
    except pd.errors.EmptyDataError:
        raise InputError("it has no columns") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(message_of(error)) from None
    bad = sum(len(re.findall(r"Skipping line", str(warning.message))) for warning in caught)
    if bad > _MOST_BAD_LINES * (bad + len(frame)):
        raise InputError(f"{count(bad, 'line')} of {bad + len(frame):,} have more fields than the header")
    if bad:
        findings = (*findings, _bad_lines(bad))
    if form.repeated:
        findings = (*findings, repeated_names(form.repeated))
    return CsvTable(frame=frame, decimal=form.decimal, findings=findings)


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


def _frame(file: Any, form: CsvFormat, rows: int | None, *, strict: bool = False) -> pd.DataFrame:
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
        low_memory=False,
        nrows=rows,
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
