"""Reading time series."""

import numpy as np
import pandas as pd

from .reading import as_numbers, as_text, read_table

DATE_FORMATS = (
    *("ISO8601", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y"),
    *("%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M", "%Y/%m/%d %H:%M"),
    *("%b %Y", "%b-%Y", "%B %Y", "%m/%Y", "%b-%y", "%B %d, %Y", "%d. %B %Y"),
    *("%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S"),
)
OFFSET = r"(:\d\d(?:[.,]\d+)?)\s*(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$"


def read_times(values, frequency):
    """Return the time of each row: dates, or numbers where steps are counted."""
    numbers = as_numbers(values) if values.dtype.kind not in "OMUS" else np.full(len(values), np.nan)
    if frequency.unit == "step":
        return as_numbers(values)
    if np.isfinite(numbers).any():
        return read_numbered(numbers)
    if frequency.zone and not frequency.counts_in_utc:  # The time on the clock counts.
        values = (
            values.dt.tz_localize(None) if values.dtype.kind == "M" else values.str.replace(OFFSET, r"\1", regex=True)
        )
    texts = months_of(values.astype(str).str.strip()) if values.dtype.kind != "M" else values
    found = (pd.to_datetime(texts, errors="coerce", utc=True, format=form) for form in DATE_FORMATS)
    dates = max(found, key=lambda dates: dates.notna().sum())
    if dates.isna().all():
        raise ValueError(f"the column {values.name!r} must hold dates.")
    return dates.dt.tz_localize(None).to_numpy(dtype="datetime64[s]")


def read_numbered(numbers):
    """Return the dates of numbers: years, dates such as 20240131, or seconds since 1970 and parts of them."""
    least = np.nanmin(numbers)
    for fraction in (1, 10**3, 10**6, 10**9):
        if 1e9 * fraction <= least < 4e9 * fraction:
            return pd.to_datetime(pd.Series(numbers // fraction), unit="s").to_numpy(dtype="datetime64[s]")
    ending = "0101" if least < 10_000 else ""
    texts = pd.Series(numbers).map(lambda number: f"{number:.0f}{ending}", na_action="ignore")
    return pd.to_datetime(texts, format="%Y%m%d", errors="coerce").to_numpy(dtype="datetime64[s]")


def months_of(texts):
    """Return texts in which quarters and months such as 2024Q1 and 2024M01 are dates, and weeks their Mondays."""
    parts = texts.str.extract(r"(?i)^(\d{4})[- ]?([QM])(\d+)$")
    if parts[0].notna().any():
        part = pd.to_numeric(parts[2])
        month = part.where(parts[1].str.upper() == "M", 3 * part - 2)
        return parts[0] + "-" + month.map("{:02.0f}".format, na_action="ignore") + "-01"
    weeks = texts.str.replace(r"(?i)^(\d{4})[- ]?W(\d+)$", r"\1-W\2-1", regex=True)
    return pd.to_datetime(weeks, format="%G-W%V-%u") if weeks.str.match(r"^\d{4}-W\d\d-1$").all() else texts


def read_values(values):
    """Return a column as numbers, also where a comma is the decimal mark."""
    numbers = as_numbers(values)
    return numbers if np.isfinite(numbers).any() else as_numbers(values, ",")


def read_column(values, categories):
    """Return another column as numbers; categories as their places in a list."""
    if categories is None:
        return read_values(values)
    places = {category: float(place) for place, category in enumerate(categories)}
    return values.map(as_text, na_action="ignore").map(places).to_numpy(dtype=float, na_value=np.nan)


def read_rows(path, time, ids, targets, columns, frequency):
    """Return one row for each time of each series: its name, its position on the grid, and its values."""
    frame = read_table(path)
    texts = [frame[column].map(as_text, na_action="ignore") for column in ids]
    names = pd.Series("", index=frame.index) if not ids else texts[0]
    for other in texts[1:]:
        names = names.fillna("") + " " + other.fillna("")
    times = read_times(frame[time], frequency) if time else names.groupby(names).cumcount().to_numpy(dtype=float)
    timed = np.isfinite(times) if times.dtype.kind == "f" else ~np.isnat(times)
    frame, names, times = frame[timed], names[timed], times[timed]
    others = {name: read_column(frame[name], categories) for name, categories in columns.items()}
    parts = []
    for order, target in enumerate(targets):
        part = pd.DataFrame({"name": names, "order": order, "position": frequency.positions(times)})
        parts.append(part.assign(value=read_values(frame[target]), **others))
    return pd.concat(parts).dropna(subset=["name"])
