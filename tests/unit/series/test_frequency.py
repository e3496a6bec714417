"""Frequencies of stamps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tunesmith.series.frequency import Frequency, frequency_of


def stamps(start: str, periods: int, freq: str) -> np.ndarray:
    return np.asarray(pd.date_range(start, periods=periods, freq=freq).to_numpy(dtype="datetime64[s]"))


@pytest.mark.parametrize(
    ("freq", "words", "seasons"),
    [
        ("YS", "yearly", ()),
        ("QS", "quarterly", (4,)),
        ("QS-FEB", "quarterly", (4,)),
        ("MS", "monthly", (12,)),
        ("ME", "monthly", (12,)),
        ("W-WED", "weekly", (52,)),
        ("D", "daily", (7, 365)),
        ("B", "every business day", (5,)),
        ("h", "hourly", (24, 168)),
        ("30min", "every 30 minutes", (48, 336)),
        ("15min", "every 15 minutes", (4, 96, 672)),
        ("min", "every minute", (60, 1440)),
        ("s", "every second", (60, 3600)),
        ("14D", "every 2 weeks", (26,)),
    ],
)
def test_a_regular_series_has_the_frequency_it_was_made_with(freq: str, words: str, seasons: tuple[int, ...]) -> None:
    made = stamps("2021-03-01 06:30", 60, freq)
    frequency, regular = frequency_of(made, np.zeros(60))
    assert frequency.words == words
    assert frequency.seasons == seasons
    assert regular == 1.0
    positions = frequency.positions(made)
    assert (np.diff(positions) == 1).all()


@pytest.mark.parametrize("freq", ["YS", "QS-FEB", "MS", "ME", "W-WED", "D", "B", "h", "30min"])
def test_stamps_of_positions_are_those_they_came_from(freq: str) -> None:
    made = stamps("2019-12-31", 40, freq)
    frequency, _ = frequency_of(made, np.zeros(40))
    np.testing.assert_array_equal(frequency.stamps(frequency.positions(made)), made)


def test_gaps_and_jitter_do_not_hide_the_frequency() -> None:
    made = np.delete(stamps("2021-01-01", 200, "h"), [5, 6, 7, 90]) + np.timedelta64(2, "s")
    frequency, regular = frequency_of(made, np.zeros(len(made)))
    assert frequency.words == "hourly"
    assert 0.95 < regular < 1


def test_whole_numbers_are_steps() -> None:
    frequency, regular = frequency_of(np.arange(10.0, 40.0, 5.0), np.zeros(6))
    assert frequency == Frequency(unit="step", count=5, phase=0)
    assert regular == 1.0
    assert frequency.stamps(np.array([2, 3])).tolist() == [10, 15]


def test_the_last_day_of_february_is_the_end_of_a_month() -> None:
    frequency = Frequency(unit="month", month_day=31)
    days = frequency.stamps(frequency.positions(np.array(["2023-01-31"], dtype="datetime64[s]")) + 1)
    assert str(days[0]).startswith("2023-02-28")


def test_series_of_other_starts_share_the_grid() -> None:
    both = np.concatenate([stamps("2021-01-01", 20, "D"), stamps("2021-03-05", 20, "D")])
    frequency, regular = frequency_of(both, np.repeat([0, 1], 20))
    assert frequency.words == "daily"
    assert regular == 1.0
