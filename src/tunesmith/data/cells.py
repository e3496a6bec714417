"""The values of one column as numbers, time stamps or text, whatever they were stored as.

Each distinct value is converted once, so that a million rows take a fraction of a second.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from contextlib import suppress
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.arrays import Floats
from ..text.cleaning import valid

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset({"", "?", "na", "n/a", "#n/a", "<na>", "nan", "null", "nat"})
"""Texts that stand for a missing value in any column, in lower case."""
_LONGEST_MISSING = max(map(len, MISSING))
NO_NUMBER = MISSING | {"-", "--", "---", ".", "*", "none", "missing", "unknown", "n.a.", "k.a.", "inf", "-inf"}
"""Texts that stand for a missing value in a column of numbers or dates, in lower case."""

LARGEST = float(np.finfo(np.float32).max)
"""The largest number, as models compute in 32 bits; infinity and others beyond it are missing."""
DATE_FORMATS = (
    "ISO8601",
    *(
        f"{day}{time}"
        for day in (
            *("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d"),
            *("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d. %B %Y", "%a, %d %b %Y"),
            *("%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%b-%y"),
        )
        for time in ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S %z")
    ),
)
"""The formats of dates in text that are recognised, as in `strptime`; `ISO8601` stands for all of ISO 8601."""
_DATE_LIKE = re.compile(r"\d.*[-/.: ]|[-/.: ].*\d")
_AROUND = "$€£¥₹%   \t\n'"
_GROUP_MARKS = {".": ",", ",": "."}
_PATTERNS = {
    decimal: re.compile(
        rf"[+-]?(?:\d{{1,3}}(?:(?P<mark>[{re.escape(grouping)}'_   ])\d{{3}})(?:(?P=mark)\d{{3}})*|\d+)?"
        rf"(?:{re.escape(decimal)}\d*)?(?:[eE][+-]?\d+)?"
    )
    for decimal, grouping in _GROUP_MARKS.items()
}


def text_of(value: object) -> str | None:
    """Return one value as text, None where it stands for a missing one.

    Whole numbers have no fraction, so that 1 and 1.0 are the same category.

    >>> text_of(2.0), text_of(" Ulm "), text_of("n/a"), text_of(b"Bonn"), text_of(True)
    ('2', 'Ulm', None, 'Bonn', 'True')
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    elif isinstance(value, float | np.floating):
        if not math.isfinite(value):
            return None
        value = int(value) if float(value).is_integer() else value
    text = valid(value if isinstance(value, str) else str(value)).strip()
    return None if len(text) <= _LONGEST_MISSING and text.lower() in MISSING else text


def number_of(value: object, decimal: str = ".") -> float:
    """Return one value as a number, NaN if it is none.

    Args:
        value: A number, a boolean, or text, also with marks of thousands, a currency or `%`.
        decimal: The decimal mark of text.

    >>> number_of("1,234.5"), number_of("1.234,5 €", ","), number_of("true"), number_of("12 cm")
    (1234.5, 1234.5, 1.0, nan)
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if not isinstance(value, str):
        return _finite(value) if isinstance(value, Number | np.number | np.bool_) else math.nan
    text = value.strip(_AROUND)
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    match = _PATTERNS[decimal].fullmatch(text)
    if match is None or not any(character.isdigit() for character in text):
        return math.nan
    if mark := match["mark"]:
        text = text.replace(mark, "")
    return _finite(text.replace(decimal, "."))


def numbers(values: pd.Series, decimal: str = ".") -> Floats:
    """Return a column as numbers, shape `(rows,)`; text that is no number, and what is beyond `LARGEST`, are missing.

    Args:
        values: The column. Durations become seconds; time stamps are no numbers.
        decimal: The decimal mark of text.
    """
    if values.dtype.kind in "iufb":
        array: Floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
        within = np.abs(array) <= LARGEST  # False for NaN.
        return array if within.all() else np.where(within, array, np.nan)
    if values.dtype.kind == "m":
        seconds: Floats = values.dt.total_seconds().to_numpy(dtype=np.float64, na_value=np.nan)
        return seconds
    if values.dtype.kind == "M":
        return np.full(len(values), np.nan)
    codes, distinct = factorize(values)
    read: Floats = np.append(distinct_numbers(distinct, decimal), np.nan)[codes]
    return read


def distinct_numbers(distinct: Sequence[object], decimal: str = ".") -> Floats:
    """Return distinct values as numbers, as `number_of` does for each."""
    import pandas as pd

    found, rest = np.full(len(distinct), np.nan), np.arange(len(distinct))
    if decimal == "." or not any(isinstance(value, str) for value in distinct):
        with suppress(OverflowError):  # A whole number beyond the range of floats.
            read = pd.to_numeric(pd.Series(distinct, dtype=object), errors="coerce")
            found = read.to_numpy(dtype=np.float64, copy=True)
            rest = np.flatnonzero(~np.isfinite(found))
    found[rest] = [number_of(distinct[index], decimal) for index in rest.tolist()]
    return np.where(np.abs(found) <= LARGEST, found, np.nan)


def dates(values: pd.Series, date_format: str | None) -> Any:
    """Return a column as time stamps in UTC without zone, NaT where it is no date; shape `(rows,)`.

    Args:
        values: The column.
        date_format: The format of text, one of `DATE_FORMATS`; None if it holds none.
    """
    import pandas as pd

    if values.dtype.kind == "M":
        moments = values.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(values.dt, "tz", None) else values
        return moments.to_numpy(dtype="datetime64[s]")
    if values.dtype.kind in "iufbm":
        return np.full(len(values), "NaT", dtype="datetime64[s]")
    if isinstance(values.dtype, pd.PeriodDtype):
        return values.dt.to_timestamp().to_numpy(dtype="datetime64[s]")
    codes, distinct = factorize(values)
    return np.append(distinct_dates(distinct, date_format or "ISO8601"), np.datetime64("NaT"))[codes]


def distinct_dates(distinct: Sequence[object], date_format: str) -> Any:
    """Return distinct values as time stamps in UTC without zone; dates and time stamps are taken as they are."""
    import pandas as pd

    texts = [value.strip() if isinstance(value, str) else _iso(value) for value in distinct]
    is_text = np.array([isinstance(value, str) for value in distinct], dtype=bool)
    if date_format != "ISO8601" and is_text.any() and not is_text.all():
        found = np.full(len(texts), "NaT", dtype="datetime64[s]")
        for mask, own in ((is_text, date_format), (~is_text, "ISO8601")):
            found[mask] = distinct_dates([texts[index] for index in np.flatnonzero(mask)], own)
        return found
    form = date_format if is_text.any() else "ISO8601"
    moments = pd.to_datetime(pd.Series(texts, dtype=object), format=form, errors="coerce", utc=True)
    return moments.dt.tz_localize(None).to_numpy(dtype="datetime64[s]")


def looks_like_dates(texts: Sequence[str]) -> bool:
    """Return whether it is worth trying the formats of dates."""
    return any(6 <= len(text) <= 40 and _DATE_LIKE.search(text) for text in texts[:20])


def date_shape(text: str) -> str:
    """Return the marks in a date, and `a` for its letters: 'a :' for '9:30 pm'."""
    return re.sub(r"a+", "a", re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "", text))).strip()


def may_have_format(shapes: Sequence[str], date_format: str) -> bool:
    """Return whether the marks of most dates are those of a format, so that it is worth trying."""
    if date_format == "ISO8601":
        return True
    shape = re.sub(r"%.", "", re.sub(r"%[bBap]", "a", date_format)).strip()
    fits = str.startswith if date_format.endswith("%z") else str.__eq__
    return sum(fits(found, shape) for found in shapes) >= len(shapes) / 2


def texts(values: pd.Series) -> tuple[np.ndarray, list[str | None]]:
    """Return the codes of the rows and the distinct texts; -1 where a value is missing."""
    codes, distinct = factorize(values)
    return codes, [text_of(value) for value in distinct]


def factorize(values: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Return the codes of the rows and the distinct values; -1 where a value is missing."""
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy(), values.cat.categories.tolist()
    if values.dtype == object and pd.api.types.infer_dtype(values).startswith("mixed"):
        values = values.map(_comparable, na_action="ignore")
    if values.dtype == object and any(isinstance(value, str) and "\0" in value for value in values):
        return _factorize_texts_with_nul(values)
    codes, distinct = pd.factorize(values)
    return codes, distinct.tolist()


def _factorize_texts_with_nul(values: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Factorize values without pandas, for which a text ends at its first NUL."""
    indices: dict[Any, int] = {}
    missing = values.isna()
    codes = [
        -1 if is_missing else indices.setdefault(value, len(indices))
        for value, is_missing in zip(values, missing, strict=True)
    ]
    return np.array(codes, dtype=np.intp), list(indices)


def _comparable(value: object) -> object:
    """Return a value that equals no value of another meaning: 1 and True are equal, and lists cannot be compared."""
    if isinstance(value, bool | np.bool_):
        return str(value)
    try:
        hash(value)
    except TypeError:
        return str(value)
    return value


def _iso(value: object) -> object:
    """Return a date or time stamp as ISO 8601, and None for anything else."""
    return value.isoformat() if hasattr(value, "isoformat") and hasattr(value, "year") else None


def _finite(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan
