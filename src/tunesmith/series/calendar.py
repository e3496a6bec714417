"""Calendar features of time steps: parts of a day, a week and a year, and holidays."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..core.arrays import Floats, Indices
from ..errors import InputError, MissingExtra
from .frequency import Frequency

_DAY = 86_400
_MOST_DAYS = 7  # From a holiday.


def calendar(frequency: Frequency, positions: Indices, country: str | None = None) -> list[Floats]:
    """Return columns that tell the places of steps in the calendar; none for steps without dates.

    They are the month; for steps of less than a month the day of the week and of the month; for steps of less than a
    day the minute of the day. For months the number of days and of working days. With a country: whether a day is a
    holiday, the days since the last one and until the next one, at most a week; for longer steps how many they hold.
    Times with a zone are taken on its clocks.

    Args:
        frequency: The grid of the positions.
        positions: Shape `(rows,)`.
        country: The country whose holidays matter.

    Returns:
        Columns of shape `(rows,)`.
    """
    if frequency.unit == "step" or not len(positions):
        return []
    stamps = frequency.stamps(positions)
    days = stamps.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    parts = [months.astype(np.int64) % 12]
    ends = frequency.stamps(np.asarray(positions) + 1).astype("datetime64[D]")
    if frequency.unit == "month":
        parts += [(ends - days).astype(np.int64), np.busday_count(days, ends)]
    else:
        parts += [(days.astype(np.int64) + 3) % 7, (days - months.astype("datetime64[D]")).astype(np.int64)]
        if frequency.unit == "second" and frequency.count < _DAY:
            parts.append((stamps - days.astype("datetime64[s]")).astype(np.int64) // 60)
    if country is not None:
        is_long = frequency.unit == "month" or (frequency.unit == "second" and frequency.count > _DAY)
        parts += [_holidays_within(days, ends, country)] if is_long else _around_holidays(days, country)
    return [part.astype(np.float64) for part in parts]


def check_country(country: str) -> None:
    """Check that the holidays of a country are known.

    Raises:
        InputError: They are not.
        MissingExtra: The package holidays is not installed.
    """
    _holidays(country, 2000, 2000)


def _holidays_within(days: np.ndarray, ends: np.ndarray, country: str) -> np.ndarray:
    """Return how many holidays lie between the days, and before the ends."""
    known = _holidays(country, _year(days.min()), _year(ends.max()))
    return np.asarray(np.searchsorted(known, ends) - np.searchsorted(known, days))


def _around_holidays(days: np.ndarray, country: str) -> list[np.ndarray]:
    """Return whether days are holidays, and the days since the last and until the next one, at most seven."""
    far = np.timedelta64(2 * _MOST_DAYS, "D")
    known = _holidays(country, _year(days.min()) - 1, _year(days.max()) + 1)
    known = np.concatenate([[days.min() - far], known, [days.max() + far]])
    until = known[np.searchsorted(known, days)] - days
    since = days - known[np.searchsorted(known, days, side="right") - 1]
    near = (np.minimum(distance.astype(np.int64), _MOST_DAYS) for distance in (since, until))
    return [np.isin(days, known), *near]


def _year(day: np.datetime64) -> int:
    return int(day.astype("datetime64[Y]").astype(int)) + 1970


def _holidays(country: str, first: int, last: int) -> np.ndarray:
    """Return the holidays of some years, sorted; `datetime64[D]`."""
    return np.concatenate([_holidays_of(country, year) for year in range(first, last + 1)])


@lru_cache(maxsize=1_000)
def _holidays_of(country: str, year: int) -> np.ndarray:
    """Return the holidays of a year, sorted; `datetime64[D]`."""
    try:
        import holidays
    except ImportError:
        raise MissingExtra(
            "holidays need the package holidays. Install it with: pip install 'tunesmith[forecasting]'"
        ) from None
    name, _, part = country.partition("-")
    try:
        found = holidays.country_holidays(name.upper(), subdiv=part.upper() or None, years=year)
    except NotImplementedError:
        raise InputError(
            f"a country must be a code whose holidays are known, as DE or US-CA, got '{country}'.", keys=("country",)
        ) from None
    days = [day.isoformat() for day in found if day.year == year]
    return np.sort(np.array(days, dtype="datetime64[D]"))
