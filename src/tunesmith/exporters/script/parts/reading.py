"""Reading a table."""

import csv
import gzip

import numpy as np
import pandas as pd

MISSING = {"", "?", "na", "n/a", "#n/a", "<na>", "nan", "null", "nat"}


def read_table(path):
    """Return a CSV or Parquet file as a frame."""
    if str(path).endswith((".parquet", ".pq")):
        return pd.read_parquet(path)
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rt", encoding="utf-8-sig", errors="replace") as file:
        sample = file.read(100_000)
    try:
        separator = csv.Sniffer().sniff(sample, delimiters=",;\t|").delimiter
    except csv.Error:
        separator = ","
    frame = pd.read_csv(path, sep=separator, na_values=["?"], skipinitialspace=True)
    return frame.rename(columns=lambda name: str(name).strip())


def as_text(value):
    """Return a value as text, None where it stands for a missing one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return None if text.lower() in MISSING else text


def as_numbers(values, decimal="."):
    """Return a column as numbers, NaN where there is none."""
    if values.dtype.kind not in "iufb":
        texts = values.astype(str).str.strip()
        values = texts.str.replace(decimal, ".", regex=False) if decimal != "." else texts
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.abs(numbers) <= np.finfo(np.float32).max, numbers, np.nan)


def as_categories(values, levels=None):
    """Return a column as categories, by default of the levels that it has, the most frequent first."""
    texts = values.map(as_text, na_action="ignore")
    if levels is None:
        counts = texts.value_counts()
        levels = sorted(counts.index, key=lambda level: (-counts[level], level))[:10_000]
    return pd.Categorical(texts.where(texts.isin(levels)), categories=levels)


def as_dates(values):
    """Return a column as time stamps in UTC without a zone, to the second."""
    dates = pd.to_datetime(values, errors="coerce", utc=True, format="ISO8601")
    return dates.dt.tz_localize(None).astype("datetime64[s]")
