"""A length of time in the words of people, as `28 days`, and in steps of time series."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Self, get_args

from ..core.values import shown
from ..errors import InputError
from .frequency import Frequency

SpanUnit = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year", "step"]

_DAY = 86_400
_YEAR_DAYS = 365.25
_SECONDS: dict[SpanUnit, float] = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": _YEAR_DAYS / 12 * _DAY,
    "quarter": _YEAR_DAYS / 4 * _DAY,
    "year": _YEAR_DAYS * _DAY,
}
_MONTHS: dict[SpanUnit, int] = {"month": 1, "quarter": 3, "year": 12}
_WORKING_DAYS: dict[SpanUnit, float] = {"day": 1, "week": 5, "month": 260 / 12, "quarter": 65, "year": 260}
_WRITTEN = re.compile(r"(\d+)\s*(?:(?:working|business)[ -])?([a-z]+?)s?")
_SHORT: dict[str, SpanUnit] = {"h": "hour", "hr": "hour", "min": "minute", "d": "day", "w": "week", "period": "step"}


@dataclass(frozen=True, kw_only=True)
class Span:
    """A length of time.

    Args:
        count: How many units, from 1.
        unit: The unit; `step` for steps of the series, whatever their frequency.

    >>> Span.parse("2 weeks").steps(Frequency(unit="second", count=86_400))
    14
    """

    count: int
    unit: SpanUnit = "step"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the span that a text such as `28 days`, `1 year` or `12` describes.

        Raises:
            InputError: It describes none.
        """
        written = text.strip().lower()
        if written.isdecimal() and int(written) >= 1:
            return cls(count=int(written))
        match = _WRITTEN.fullmatch(written)
        unit = "" if match is None else _SHORT.get(match[2], match[2])
        if match is None or unit not in get_args(SpanUnit) or int(match[1]) < 1:
            raise InputError(
                f'a horizon must be a number of steps, or a time such as "28 days" or "1 year", got {shown(text)}.',
                keys=("horizon",),
            )
        return cls(count=int(match[1]), unit=unit)  # type: ignore[arg-type]

    def steps(self, frequency: Frequency) -> int:
        """Return how many steps of series it is, rounded.

        Of series without weekends a day is a step, and a week has five.

        Args:
            frequency: Theirs.

        Raises:
            InputError: It is less than half a step, or the series have no dates.
        """
        if self.unit == "step":
            return self.count
        if frequency.unit == "step":
            raise InputError(
                f'the horizon must be a number of steps where times are numbers and not dates, got "{self}".',
                keys=("horizon",),
            )
        steps = round(self.count * self._units(frequency) / frequency.count)
        if steps < 1:
            raise InputError(
                f'the horizon must be at least one step, but the series are {frequency.words}, got "{self}".',
                keys=("horizon",),
            )
        return steps

    def _units(self, frequency: Frequency) -> float:
        """Return how many of the frequency's units one unit is."""
        seconds = _SECONDS[self.unit]
        if frequency.unit == "second":
            return seconds
        if frequency.unit == "business_day":
            return _WORKING_DAYS.get(self.unit, seconds / _DAY)
        return _MONTHS.get(self.unit, seconds / _SECONDS["month"])

    def __str__(self) -> str:
        """Return it in words, as `28 days`."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"
