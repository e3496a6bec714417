"""The calendar of steps."""

from __future__ import annotations

import numpy as np
import pytest

from tunesmith import InputError
from tunesmith.series.calendar import calendar, check_country
from tunesmith.series.frequency import Frequency

DAILY = Frequency(unit="second", count=86_400)


def positions(frequency: Frequency, *stamps: str) -> np.ndarray:
    return frequency.positions(np.array(stamps, dtype="datetime64[s]"))


def test_days_have_a_month_a_weekday_and_a_day_of_the_month() -> None:
    month, weekday, day = calendar(DAILY, positions(DAILY, "2024-01-01", "2024-02-29"))
    assert month.tolist() == [0, 1]
    assert weekday.tolist() == [0, 3]
    assert day.tolist() == [0, 28]


def test_months_have_days_and_working_days() -> None:
    monthly = Frequency(unit="month")
    month, days, working_days = calendar(monthly, positions(monthly, "2024-02-01", "2024-03-01"))
    assert month.tolist() == [1, 2]
    assert days.tolist() == [29, 31]
    assert working_days.tolist() == [21, 21]


def test_hours_are_those_of_the_zone() -> None:
    hourly = Frequency(unit="second", count=3_600, zone="Europe/Berlin")
    *_, minute = calendar(hourly, positions(hourly, "2024-01-15 11:00", "2024-07-15 11:00"))  # In UTC.
    assert minute.tolist() == [12 * 60, 13 * 60]


def test_steps_without_dates_have_no_calendar() -> None:
    assert calendar(Frequency(unit="step"), np.arange(3)) == []


def test_holidays_of_a_country() -> None:
    pytest.importorskip("holidays")
    *_, is_holiday, since, until = calendar(
        DAILY, positions(DAILY, "2024-12-24", "2024-12-25", "2024-12-27", "2024-07-01"), "DE"
    )
    assert is_holiday.tolist() == [0, 1, 0, 0]
    assert since.tolist() == [7, 0, 1, 7]
    assert until.tolist() == [1, 0, 5, 7]


def test_holidays_of_a_part_of_a_country() -> None:
    pytest.importorskip("holidays")
    where = positions(DAILY, "2024-11-01")  # All Saints' Day, in some states of Germany.
    assert [calendar(DAILY, where, country)[-3].tolist() for country in ("DE", "DE-BY", "de-by")] == [[0], [1], [1]]


def test_weeks_and_months_count_holidays() -> None:
    pytest.importorskip("holidays")
    monthly = Frequency(unit="month")
    assert calendar(monthly, positions(monthly, "2024-12-01", "2024-02-01"), "DE")[-1].tolist() == [2, 0]
    weekly = Frequency(unit="second", count=7 * 86_400, phase=4 * 86_400)  # On Mondays.
    assert calendar(weekly, positions(weekly, "2024-12-23"), "DE")[-1].tolist() == [2]


def test_years_without_known_holidays_have_none() -> None:
    pytest.importorskip("holidays")
    *_, is_holiday, since, until = calendar(DAILY, positions(DAILY, "1650-05-01"), "DE")
    assert (is_holiday.tolist(), since.tolist(), until.tolist()) == ([0], [7], [7])


@pytest.mark.parametrize("country", ["XX", "DE-XX", ""])
def test_an_unknown_country_is_refused(country: str) -> None:
    pytest.importorskip("holidays")
    with pytest.raises(InputError, match="as DE or US-CA"):
        check_country(country)
