"""The sets of time series, written as one long table each: a training part, and the values after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class SeriesSet:
    """One set.

    Args:
        name: Its name.
        horizon: The number of steps to forecast.
        season: The season length that MASE divides by.
        frequency: The distance of stamps, as pandas names it.
        read: Returns the values of each series by its name, training part and horizon.
    """

    name: str
    horizon: int
    season: int
    frequency: str
    read: Callable[[], Mapping[str, np.ndarray]]

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the training part and the values after it, with the columns `series`, `time` and `value`."""
        parts = []
        for name, values in self.read().items():
            stamps = pd.date_range("1970-01-01", periods=len(values), freq=self.frequency)
            parts.append(pd.DataFrame({"series": name, "time": stamps, "value": values}))
        both = pd.concat(parts, ignore_index=True)
        ahead = both.groupby("series").cumcount(ascending=False) < self.horizon
        return both[~ahead].reset_index(drop=True), both[ahead].reset_index(drop=True)


def read_sets(folder: Path) -> dict[str, SeriesSet]:
    """Return the sets in a folder by name."""
    m3 = {
        "yearly": (6, 1, "YS"),
        "quarterly": (8, 4, "QS"),
        "monthly": (18, 12, "MS"),
        "other": (8, 1, "W"),
    }
    classic = {
        "AirPassengers": (12, 12, "MS"),
        "ausbeer": (8, 4, "QS"),
        "monthly-milk": (12, 12, "MS"),
        "us_gasoline": (26, 52, "W"),
        "temps": (30, 7, "D"),
        "taxi_new_york_passengers": (336, 48, "30min"),
    }
    sets = [
        SeriesSet(f"m3_{period}", *facts, lambda period=period: _m3(folder / "ts_m3" / "m3.parquet", period))
        for period, facts in m3.items()
    ]
    sets.append(SeriesSet("m4_hourly", 48, 24, "h", lambda: _long(folder / "ts_m4_hourly" / "m4_hourly.parquet")))
    sets.append(SeriesSet("exchange", 30, 5, "B", lambda: _exchange(folder / "ts_exchange" / "exchange_rate.csv.gz")))
    sets += [
        SeriesSet(name, *facts, lambda name=name: _classic(folder / "ts_classic" / f"{name}.csv"))
        for name, facts in classic.items()
    ]
    return {one.name: one for one in sets}


def _m3(path: Path, period: str) -> dict[str, np.ndarray]:
    frame = pd.read_parquet(path)
    return _by_series(frame[frame["period"].str.lower() == period])


def _long(path: Path) -> dict[str, np.ndarray]:
    return _by_series(pd.read_parquet(path))


def _by_series(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    ordered = frame.sort_values(["unique_id", "t"])
    return {str(name): part["y"].to_numpy(dtype=float) for name, part in ordered.groupby("unique_id", observed=True)}


def _exchange(path: Path) -> dict[str, np.ndarray]:
    frame = pd.read_csv(path)
    return {str(name): frame[name].to_numpy(dtype=float) for name in frame if frame[name].dtype.kind in "if"}


def _classic(path: Path) -> dict[str, np.ndarray]:
    """Return the one series in a file with a column of dates and one of numbers, in any order."""
    frame = pd.read_csv(path)
    value = next(name for name in frame if frame[name].dtype.kind in "if")
    time = next(name for name in frame if name != value)
    ordered = frame.assign(when=pd.to_datetime(frame[time])).sort_values("when")
    return {path.stem: ordered[value].dropna().to_numpy(dtype=float)}
