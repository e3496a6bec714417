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
VARIABLE = "ETTH1"  # of the environment: the path of the file
HOW = f"Fetch {ADDRESS} on a machine that can, and set {VARIABLE} to its path."


class Data:
    """The channels, scaled by the training part, with the calendar; and where the three parts begin and end.

    Attributes:
        values: Shape (hours, channels).
        calendar: Hour, day of the week, of the month and of the year, from -0.5 to 0.5; shape (hours, 4).
    """

    def __init__(self, path=""):
        content = read(Path(path).expanduser()) if path else etth1()
        rows = [row for row in csv.reader(content.decode().splitlines()[1:]) if row]
        values = np.array([row[1:] for row in rows], dtype=np.float64)
        times = [datetime.fromisoformat(row[0]) for row in rows]
        if hashlib.sha256(content).hexdigest() == SHA256:
            sizes = [12 * 30 * 24, 4 * 30 * 24, 4 * 30 * 24]  # the authors' months of 30 days; two more are not used
        else:
            print("these are not the data of the paper: the first 60 % are for training, the last 20 % for the test")
            sizes = [int(share * len(rows)) for share in (0.6, 0.2, 0.2)]
        self._ends = np.cumsum(sizes)
        known = values[: sizes[0]]
        self.values = ((values - known.mean(axis=0)) / known.std(axis=0)).astype(np.float32)
        parts = [(t.hour / 23, t.weekday() / 6, (t.day - 1) / 30, (t.timetuple().tm_yday - 1) / 365) for t in times]
        self.calendar = np.array(parts, dtype=np.float32) - np.float32(0.5)

    def origins(self, part, lookback, horizon):
        """Return the moments from which a part is forecast; every hour of the part is a target, and none else."""
        number = ("training", "validation", "test").index(part)
        first = self._ends[number - 1] if number else lookback
        return np.arange(first, self._ends[number] - horizon + 1)


def etth1():
    """Return the content of ETTh1.csv: of the path in the environment, or of a copy that is downloaded once."""
    if given := os.environ.get(VARIABLE):
        path = Path(given).expanduser()
    else:
        path = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "tunesmith" / "ETTh1.csv"
        if not path.exists():
            download(path)
    content = read(path)
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{path} must be the ETTh1.csv of the paper, with the SHA-256 {SHA256}, but is not. {HOW}")
    return content


def read(path):
    """Return the content of a file, which may be compressed."""
    if not path.is_file():
        raise SystemExit(f"there is no file {path}. {HOW}")
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def download(path):
    """Fetch ETTh1.csv from its public repository, once for all trials."""
    try:
        with urllib.request.urlopen(ADDRESS, timeout=60) as answer:
            content = answer.read()
    except (urllib.error.URLError, OSError) as error:
        raise SystemExit(f"ETTh1.csv cannot be downloaded: {error}. {HOW}") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")  # trials may run at once
    partial.write_bytes(content)
    partial.replace(path)
