"""Lengths of time in words and in steps."""

from __future__ import annotations

import pytest

from tunesmith import InputError
from tunesmith.series.frequency import Frequency
from tunesmith.series.span import Span

DAY = 86_400
DAILY = Frequency(unit="second", count=DAY)


@pytest.mark.parametrize(
    ("text", "frequency", "steps"),
    [
        ("28 days", DAILY, 28),
        ("4 weeks", DAILY, 28),
        ("28 days", Frequency(unit="second", count=7 * DAY), 4),
        ("2 days", Frequency(unit="second", count=1_800), 96),
        ("1 year", Frequency(unit="month"), 12),
        ("1 year", Frequency(unit="month", count=3), 4),
        ("1 year", DAILY, 365),
        ("90 days", Frequency(unit="month"), 3),
        ("2 weeks", Frequency(unit="business_day"), 10),
        ("5 days", Frequency(unit="business_day"), 5),
        ("7", Frequency(unit="month"), 7),
        ("7 steps", Frequency(unit="step"), 7),
    ],
)
def test_steps(text: str, frequency: Frequency, steps: int) -> None:
    assert Span.parse(text).steps(frequency) == steps


@pytest.mark.parametrize("text", ["", "0", "-3", "two days", "3 fortnights", "days", "1.5 days"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(InputError, match="a number of steps, or a time"):
        Span.parse(text)


def test_less_than_a_step_and_series_without_dates_are_refused() -> None:
    with pytest.raises(InputError, match='the series are monthly, got "2 days"'):
        Span.parse("2 days").steps(Frequency(unit="month"))
    with pytest.raises(InputError, match="where times are numbers and not dates"):
        Span.parse("2 days").steps(Frequency(unit="step"))
