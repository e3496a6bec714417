"""Reading time series."""

import numpy as np
import pandas as pd

from .reading import as_numbers, as_text, read_table

DATE_FORMATS = (
    *("ISO8601", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y"),
    *("%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M", "%Y/%m/%d %H:%M"),
    *("%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S"),
)


def read_times(values, unit):
    """Return the time of each row: dates, or numbers where steps are counted."""
    numbers = as_numbers(values) if values.dtype.kind != "M" else np.full(len(values), np.nan)
    if unit == "step":
        return numbers
    if np.isfinite(numbers).any():  # Years, or dates such as 20240131.
        years = np.nanmax(numbers) < 10_000
        texts = pd.Series(numbers).map(lambda number: f"{number:.0f}" + ("0101" if years else ""), na_action="ignore")
        return pd.to_datetime(texts, format="%Y%m%d", errors="coerce").to_numpy(dtype="datetime64[s]")
    found = (pd.to_datetime(values, errors="coerce", utc=True, format=form) for form in DATE_FORMATS)
    dates = max(found, key=lambda dates: dates.notna().sum())
    return dates.dt.tz_localize(None).to_numpy(dtype="datetime64[s]")


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
    times = read_times(frame[time], frequency.unit) if time else np.arange(len(frame), dtype=float)
    timed = np.isfinite(times) if times.dtype.kind == "f" else ~np.isnat(times)
    frame, times = frame[timed].reset_index(drop=True), times[timed]
    texts = [frame[column].map(as_text, na_action="ignore") for column in ids]
    names = pd.Series("", index=frame.index) if not ids else texts[0]
    for other in texts[1:]:
        names = names.fillna("") + " " + other.fillna("")
    others = {name: read_column(frame[name], categories) for name, categories in columns.items()}
    parts = []
    for order, target in enumerate(targets):
        part = pd.DataFrame({"name": names, "order": order, "position": frequency.positions(times)})
        parts.append(part.assign(value=read_values(frame[target]), **others))
    return pd.concat(parts).dropna(subset=["name"])
