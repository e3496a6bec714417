"""ETTh1: hourly temperatures of a transformer and six loads, July 2016 to June 2018 (Zhou et al. 2021)."""

import csv
import gzip
import hashlib
import os
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path

import numpy as np

ADDRESS = "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/ETTh1.csv"
SHA256 = "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066"
VARIABLE = "ETTH1"  # Of the environment: a path of the file.
# The authors' split: 12, 4 and 4 months of 30 days.
TRAIN, VALIDATION, TEST = 8640, 2880, 2880


def find_file():
    """Return the path of the file: that of the environment, or a copy that is downloaded once."""
    if given := os.environ.get(VARIABLE):
        path = Path(given).expanduser()
        if not path.is_file():
            raise SystemExit(f"{VARIABLE} must be the path of ETTh1.csv, but there is no file {path}.")
        return path
    path = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "tunesmith" / "ETTh1.csv"
    if not path.exists():
        try:
            with urllib.request.urlopen(ADDRESS, timeout=60) as answer:
                content = answer.read()
        except (urllib.error.URLError, OSError) as error:
            raise SystemExit(
                f"ETTh1.csv cannot be downloaded from {ADDRESS} ({error}). "
                f"Fetch it on another machine, and set {VARIABLE} to its path."
            ) from None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return path


def read():
    """Return the seven channels, scaled by the training part, and the calendar; shape (hours, 7) and (hours, 4)."""
    path = find_file()
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{path} is not the ETTh1.csv of the paper: its SHA-256 should be {SHA256}. Fetch it again.")
    rows = list(csv.reader(content.decode().splitlines()))[1:]
    values = np.array([row[1:] for row in rows], dtype=np.float64)
    times = [datetime.fromisoformat(row[0]) for row in rows]
    calendar = [(t.hour / 23, t.weekday() / 6, (t.day - 1) / 30, (t.timetuple().tm_yday - 1) / 365) for t in times]
    mean, deviation = values[:TRAIN].mean(axis=0), values[:TRAIN].std(axis=0)
    return ((values - mean) / deviation).astype(np.float32), np.array(calendar, dtype=np.float32) - np.float32(0.5)


def origins(part, lookback, horizon):
    """Return the moments from which a part is forecast: its first target is the first hour of the part."""
    start, end = {
        "train": (lookback, TRAIN),
        "validation": (TRAIN, TRAIN + VALIDATION),
        "test": (TRAIN + VALIDATION, TRAIN + VALIDATION + TEST),
    }[part]
    return np.arange(start, end - horizon + 1)
