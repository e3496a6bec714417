"""Read a table from a file or a frame of any library."""

from __future__ import annotations

import codecs
import csv
import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, MissingExtra

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE_BYTES = 256_000
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SEPARATORS = ",;\t|"
_DECIMAL_COMMA = re.compile(r"^-?\d+,\d+$")


def read_frame(source: Any) -> pd.DataFrame:
    """Return a table as a pandas frame.

    Args:
        source: A path of a CSV file (`.csv`, `.tsv`, `.txt`, also with `.gz`; separator, decimal comma and encoding are
            found) or a Parquet file, or a frame of pandas, polars, Arrow or NumPy.

    Returns:
        The frame, with a fresh index from 0.

    Raises:
        InputError: The file is missing, empty, or no table.
        MissingExtra: Parquet needs pyarrow.
    """
    import pandas as pd

    if isinstance(source, str | Path):
        return _read_file(Path(source).expanduser())
    if isinstance(source, pd.DataFrame):
        frame = source.reset_index(drop=True)
    elif hasattr(source, "to_pandas"):  # polars and Arrow
        frame = source.to_pandas().reset_index(drop=True)
    elif getattr(source, "ndim", 0) == 2:
        frame = pd.DataFrame(source, columns=[f"column_{index}" for index in range(source.shape[1])])
    else:
        raise InputError(f"a table must be a path or a frame, got {type(source).__name__}.")
    return frame.rename(columns=str)


def _read_file(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise InputError(f"a table must be an existing file, got {path}.")
    if path.stat().st_size == 0:
        raise InputError(f"a table must have rows, but {path} is empty.")
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            return pd.read_parquet(path)
        except ImportError:
            raise MissingExtra("Parquet files need pyarrow. Install it with: pip install pyarrow") from None
        except Exception as error:
            raise InputError(f"{path} cannot be read as Parquet: {error}") from None
    encoding, separator, decimal = _csv_format(path)
    try:
        frame = pd.read_csv(path, sep=separator, decimal=decimal, encoding=encoding, low_memory=False)
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}") from None
    return frame.rename(columns=lambda name: str(name).strip())


def _csv_format(path: Path) -> tuple[str, str, str]:
    """Return the encoding, the separator and the decimal mark of a CSV file, from its first lines."""
    if path.suffix.lower() == ".gz":
        with gzip.open(path) as file:
            sample = file.read(_SAMPLE_BYTES)
    else:
        with path.open("rb") as file:
            sample = file.read(_SAMPLE_BYTES)
    encoding = next((name for mark, name in _MARKS.items() if sample.startswith(mark)), "utf-8")
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = sample.decode(encoding, errors="replace")
    lines = text.splitlines()[:200]
    lines = lines[:-1] if len(lines) > 1 and len(sample) == _SAMPLE_BYTES else lines
    separator = max(_SEPARATORS, key=lambda mark: _evenness(lines, mark))
    fields = [field for line in csv.reader(lines[1:], delimiter=separator) for field in line]
    commas = sum(bool(_DECIMAL_COMMA.match(field.strip())) for field in fields)
    points = sum(bool(re.match(r"^-?\d+\.\d+$", field.strip())) for field in fields)
    return encoding, separator, "," if commas > points else "."


def _evenness(lines: list[str], separator: str) -> tuple[float, int]:
    """Return how well a separator explains the lines: the share with the usual number of fields, and that number."""
    counts = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
    if not counts:
        return 0.0, 0
    usual = max(set(counts), key=counts.count)
    return (counts.count(usual) / len(counts) if usual > 1 else 0.0), usual
