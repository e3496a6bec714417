"""The time of each row of a table: dates of any kind, periods, years, seconds since 1970, or whole numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import numpy as np

from ..core.arrays import Floats
from ..data import cells
from ..data.column import Column
from ..errors import InputError

if TYPE_CHECKING:
    import pandas as pd

TimeForm = Literal["date", "year", "compact"]
"""How times are written: as dates; as years, such as 1949; or as numbers, such as 20240131."""

_LEAST_SHARE = 0.95  # Of the rows, to read a column of text as periods.
_FIRST_SECOND, _LAST_SECOND = 1e9, 4e9  # From 2001 to 2096: smaller numbers may be anything.
_FRACTIONS = (1, 10**3, 10**6, 10**9)  # Seconds, milliseconds, microseconds, nanoseconds.
_QUARTER = re.compile(r"(?P<year>\d{4})[- ]?Q(?P<part>[1-4])|Q(?P<part2>[1-4])[- /]?(?P<year2>\d{4})", re.IGNORECASE)
_MONTH = re.compile(r"(?P<year>\d{4})[- ]?M(?P<part>0?[1-9]|1[0-2])", re.IGNORECASE)
_WEEK = re.compile(r"(?P<year>\d{4})[- ]?W(?P<part>0[1-9]|[1-4]\d|5[0-3])", re.IGNORECASE)
_MONTH_FORMATS = ("%b %Y", "%b-%Y", "%B %Y", "%m/%Y", "%b-%y")
_OFFSET = re.compile(r":\d\d(?:[.,]\d+)?\s*(?:(?P<utc>Z|UTC|GMT)|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?)$")


@dataclass(frozen=True, kw_only=True)
class Times:
    """The time of each row of a table.

    Args:
        stamps: `datetime64[s]`, in UTC if they have a zone; or numbers, where rows count steps. NaT or NaN where
            missing; shape `(rows,)`.
        local: The same on the clocks of their zone.
        zone: The name of the zone, such as `Europe/Berlin` or `UTC+01:00`; `UTC` if offsets differ without a name;
            None if times have no zone.
        form: How they are written.
    """

    stamps: np.ndarray
    local: np.ndarray
    zone: str | None = None
    form: TimeForm = "date"


def read_times(values: pd.Series, decimal: str) -> Times:
    """Return the time of each row.

    Raises:
        InputError: The column holds neither dates nor numbers.
    """
    column = Column.of(values, decimal=decimal)
    if column.kind == "date":
        stamps = np.asarray(column.read(values).to_numpy(dtype="datetime64[s]"))
        return _zoned(values, stamps)
    if column.kind != "number":
        days = periods(values)
        if days is None:
            raise InputError(
                f"the time column must hold dates, periods such as 2024Q1, or whole numbers, but '{values.name}' "
                "does not."
            )
        return Times(stamps=days, local=days)
    return _numbered(cells.numbers(values, column.decimal))


def holds_times(values: pd.Series, column: Column) -> bool:
    """Return whether a column holds dates or periods."""
    return column.kind == "date" or (column.kind in ("category", "text") and periods(values) is not None)


def written(stamps: np.ndarray, form: TimeForm) -> np.ndarray:
    """Return stamps in the form that they were read in: whole numbers for years and compact dates.

    >>> written(np.array(["1961-01-01"], dtype="datetime64[s]"), "year").tolist()
    [1961]
    """
    if form == "date" or stamps.dtype.kind != "M":
        return stamps
    years = stamps.astype("datetime64[Y]").astype(np.int64) + 1970
    if form == "year":
        return years
    months = stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1
    days = (stamps.astype("datetime64[D]") - stamps.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    return np.asarray(years * 10_000 + months * 100 + days + 1)


def periods(values: pd.Series) -> np.ndarray | None:
    """Return the first day of quarters, months or weeks such as 2024Q1, 2024M01, 2024-W05 or Jan 2024.

    Args:
        values: A column of text.

    Returns:
        `datetime64[s]` of shape `(rows,)`, NaT where there is none; None if less than 95 % of the values are periods.
    """
    codes, texts = cells.texts(values)
    known = [text for text in texts if text is not None]
    if not known or _first_day(known[0]) is None:
        return None
    days = [None if text is None else _first_day(text) for text in texts]
    stamps = np.array([*(day or "NaT" for day in days), "NaT"], dtype="datetime64[s]")[codes]
    given = np.array([*(text is not None for text in texts), False])[codes]
    return stamps if np.isnat(stamps[given]).mean() <= 1 - _LEAST_SHARE else None


def _first_day(text: str) -> str | None:
    if (match := _QUARTER.fullmatch(text)) is not None:
        year, part = match["year"] or match["year2"], match["part"] or match["part2"]
        return f"{year}-{3 * int(part) - 2:02}-01"
    if (match := _MONTH.fullmatch(text)) is not None:
        return f"{match['year']}-{int(match['part']):02}-01"
    if (match := _WEEK.fullmatch(text)) is not None:
        try:
            return date.fromisocalendar(int(match["year"]), int(match["part"]), 1).isoformat()
        except ValueError:
            return None
    for form in _MONTH_FORMATS:
        try:
            return datetime.strptime(text, form).date().isoformat()
        except ValueError:
            continue
    return None


def _zoned(values: pd.Series, stamps: np.ndarray) -> Times:
    """Return times that may have a zone, or offsets.

    Args:
        values: The column.
        stamps: The times in UTC.
    """
    if values.dtype.kind == "M":
        zone = getattr(values.dt, "tz", None)
        if zone is None:
            return Times(stamps=stamps, local=stamps)
        local = values.dt.tz_localize(None).to_numpy(dtype="datetime64[s]")
        return Times(stamps=stamps, local=local, zone=_zone_name(zone, local - stamps))
    codes, distinct = cells.factorize(values)
    offsets = [_offset(value) for value in distinct]
    if all(offset is None for offset in offsets):
        return Times(stamps=stamps, local=stamps)
    seconds = np.array([*(offset or 0 for offset in offsets), 0], dtype="timedelta64[s]")[codes]
    zones = {getattr(value, "tzinfo", None) for value in distinct}
    zone = zones.pop() if len(zones) == 1 else None
    return Times(stamps=stamps, local=stamps + seconds, zone=_zone_name(zone, seconds[~np.isnat(stamps)]))


def _offset(value: Any) -> int | None:
    """Return the distance to UTC that a time is written with, in seconds; None if it has none."""
    if not isinstance(value, str):
        distance = value.utcoffset() if hasattr(value, "utcoffset") else None
        return None if distance is None else int(distance.total_seconds())
    if (match := _OFFSET.search(value.strip())) is None:
        return None
    if match["utc"]:
        return 0
    seconds = 3_600 * int(match["hours"]) + 60 * int(match["minutes"] or 0)
    return -seconds if match["sign"] == "-" else seconds


def _zone_name(zone: Any, offsets: np.ndarray) -> str:
    """Return the name of a zone that pandas knows, by its offsets if it has none."""
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if name is not None:
        try:
            return str(ZoneInfo(str(name)).key)
        except (ValueError, OSError):
            pass
    distinct = np.unique(offsets[~np.isnat(offsets)].astype("timedelta64[s]").astype(np.int64))
    if len(distinct) != 1 or not distinct[0]:
        return "UTC"
    minutes = abs(int(distinct[0])) // 60
    return f"UTC{'+' if distinct[0] > 0 else '-'}{minutes // 60:02}:{minutes % 60:02}"


def _numbered(numbers: Floats) -> Times:
    """Return times that are written as numbers."""
    known = numbers[np.isfinite(numbers)]
    if not len(known) or (known != np.round(known)).any():
        return Times(stamps=numbers, local=numbers)
    low, high = known.min(), known.max()
    form: TimeForm
    if (low >= 1_600 and high <= 2_200) or (low >= 1.6e7 and high < 2.2e7):
        form = "year" if high <= 2_200 else "compact"
        texts = ["NaT" if not np.isfinite(number) else _date_text(int(number)) for number in numbers]
        stamps = np.array(texts, dtype="datetime64[s]")
        return Times(stamps=stamps, local=stamps, form=form)
    for fraction in _FRACTIONS:
        if low >= _FIRST_SECOND * fraction and high < _LAST_SECOND * fraction:
            seconds = np.where(np.isfinite(numbers), numbers // fraction, 0).astype(np.int64)
            stamps = np.where(np.isfinite(numbers), seconds.astype("datetime64[s]"), np.datetime64("NaT", "s"))
            return Times(stamps=stamps, local=stamps)
    return Times(stamps=numbers, local=numbers)


def _date_text(number: int) -> str:
    if number < 10_000:
        return f"{number}-01-01"
    text = f"{number // 10_000}-{number // 100 % 100:02}-{number % 100:02}"
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return "NaT"
