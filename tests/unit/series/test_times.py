"""The time of each row."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith import InputError
from tunesmith.series.times import Times, read_times, written


def times(values: Any) -> Times:
    return read_times(pd.Series(values, name="when"), ".")


def days(stamps: np.ndarray) -> list[str]:
    return [str(stamp) for stamp in stamps.astype("datetime64[D]")]


@pytest.mark.parametrize(
    ("texts", "second"),
    [
        (["1960Q1", "1960Q2", "1960Q3"], "1960-04-01"),
        (["Q1 1960", "Q2 1960", "Q3 1960"], "1960-04-01"),
        (["2024-q3", "2024-q4", "2025-q1"], "2024-10-01"),
        (["2024M01", "2024M02", "2024M03"], "2024-02-01"),
        (["2024-W52", "2025-W01", "2025-W02"], "2024-12-30"),
        (["Jan 1949", "Feb 1949", "Mar 1949"], "1949-02-01"),
        (["1949-01", "1949-02", "1949-03"], "1949-02-01"),
        (["31.01.2024", "01.02.2024", "02.02.2024"], "2024-02-01"),
        ([20240131, 20240201, 20240202], "2024-02-01"),
        ([1704067200, 1704153600, 1704240000], "2024-01-02"),
        ([1704067200000, 1704153600000, 1704240000000], "2024-01-02"),
    ],
)
def test_dates_are_recognised(texts: list[Any], second: str) -> None:
    read = times(texts)
    assert days(read.stamps)[1] == second
    assert read.zone is None


def test_missing_times_stay_missing() -> None:
    assert np.isnat(times(["2024Q1", None, "2024Q3"]).stamps).tolist() == [False, True, False]
    assert np.isnat(times([2001.0, np.nan, 2003.0]).stamps).tolist() == [False, True, False]
    assert np.isnat(times([1.7e9, np.nan, 1.7e9 + 60]).stamps).tolist() == [False, True, False]


def test_a_compact_date_that_does_not_exist_is_missing() -> None:
    assert np.isnat(times([20240229, 20240230, 20240301]).stamps).tolist() == [False, True, False]


@pytest.mark.parametrize("numbers", [[1.0, 2.0, 3.0], [0.5, 1.0, 1.5], [100.0, 200.0, 300.0]])
def test_other_numbers_count_steps(numbers: list[float]) -> None:
    assert times(numbers).stamps.tolist() == numbers


@pytest.mark.parametrize("years", [[1949, 1950], [20240131, 20240201]])
def test_numbers_are_written_as_they_were_read(years: list[int]) -> None:
    read = times(years)
    assert written(read.stamps, read.form).tolist() == years


def test_offsets_are_counted_in_utc_and_shown_on_the_clock() -> None:
    read = times(["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"])
    assert [str(stamp) for stamp in read.stamps] == ["2024-10-27T00:30:00", "2024-10-27T01:30:00"]
    assert [str(stamp) for stamp in read.local] == ["2024-10-27T02:30:00"] * 2
    assert read.zone == "UTC"


@pytest.mark.parametrize(
    ("values", "zone"),
    [
        (["2024-01-01T00:00:00+05:30", "2024-01-02T00:00:00+05:30"], "UTC+05:30"),
        (["2024-01-01 00:00:00-03:00", "2024-01-02 00:00:00-03:00"], "UTC-03:00"),
        (["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"], "UTC"),
        (pd.date_range("2024-01-01", periods=2, tz="Europe/Berlin"), "Europe/Berlin"),
        (pd.date_range("2024-01-01", periods=2, tz="UTC"), "UTC"),
        ([datetime(2024, 1, day, tzinfo=timezone(timedelta(hours=2))) for day in (1, 2)], "UTC+02:00"),
    ],
)
def test_zones_are_named(values: Any, zone: str) -> None:
    read = times(values)
    assert read.zone == zone
    assert days(read.local) == ["2024-01-01", "2024-01-02"]
    assert pd.DatetimeIndex(read.stamps).tz_localize("UTC").tz_convert(zone)[0].hour == 0


def test_a_date_that_ends_like_an_offset_has_none() -> None:
    assert times(["2024-01-05", "2024-01-06"]).zone is None


def test_words_are_no_times() -> None:
    with pytest.raises(InputError, match=r"periods such as 2024Q1, or whole numbers, but 'when'"):
        times(["soon", "later", "never"])
