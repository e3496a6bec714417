"""The grid on which the stamps of time series lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from ..core.arrays import Indices

if TYPE_CHECKING:
    import pandas as pd

Unit = Literal["month", "business_day", "second", "step"]

_DAY = 86_400
_LAST_DAY = 31
_MOST_STEPS = 10_000  # The longest season that models are asked to know.
_LEAST_STEPS = 4  # Shorter cycles of seconds, such as two half-hours, are no season.
_CYCLES = (60, 3_600, _DAY, 7 * _DAY)  # Minute, hour, day and week, in seconds.
_YEAR_DAYS = 365.25
_WORDS = {
    ("month", 1): "monthly",
    ("month", 3): "quarterly",
    ("month", 6): "half-yearly",
    ("month", 12): "yearly",
    ("business_day", 1): "every business day",
    ("second", 1): "every second",
    ("second", 60): "every minute",
    ("second", 3_600): "hourly",
    ("second", _DAY): "daily",
    ("second", 7 * _DAY): "weekly",
    ("step", 1): "every step",
}
_USUAL = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, _DAY, 7 * _DAY)
_SECONDS = {7 * _DAY: "weeks", _DAY: "days", 3_600: "hours", 60: "minutes", 1: "seconds"}


@dataclass(frozen=True, kw_only=True)
class Frequency:
    """The distance of neighbouring stamps, and where the grid of all stamps begins.

    A position is the number of a stamp on the grid, so that neighbours differ by one.

    Args:
        unit: What the distance is counted in; `step` for whole numbers in place of dates.
        count: How many of these units.
        phase: Where position 0 lies, in units after 1970-01-01; after 0 for steps.
        month_day: The day of the month of a stamp of months, 31 for the last one.
        slack: By how many seconds a stamp may come too early for its position.
        zone: The name of the zone of the stamps; None if they have none. Steps of less than a day are counted in UTC,
            so that none is skipped or repeated when clocks change; longer ones on the clocks of the zone.

    >>> quarters = Frequency(unit="month", count=3)
    >>> positions = quarters.positions(np.array(["2020-01-01", "2020-05-17"], dtype="datetime64[s]"))
    >>> quarters.stamps(positions).astype("datetime64[D]").tolist()[1].isoformat()
    '2020-04-01'
    """

    unit: Unit
    count: int = 1
    phase: int = 0
    month_day: int = 1
    slack: int = 0
    zone: str | None = None

    @property
    def counts_in_utc(self) -> bool:
        """Whether positions are counted in UTC, and not on the clocks of the zone."""
        return self.zone is not None and self.unit == "second" and self.count < _DAY

    def positions(self, stamps: np.ndarray) -> Indices:
        """Return the positions of stamps; of one between two positions, the earlier one.

        Args:
            stamps: Dates as `datetime64`, in UTC if positions are counted in it; or numbers for steps; shape
                `(stamps,)`.
        """
        if self.unit == "step":
            units = np.floor(stamps).astype(np.int64)
        elif self.unit == "month":
            units = stamps.astype("datetime64[M]").astype(np.int64)
        elif self.unit == "business_day":
            units = np.busday_count("1970-01-01", stamps.astype("datetime64[D]"))
        else:
            units = stamps.astype("datetime64[s]").astype(np.int64) + self.slack
        return np.asarray((units - self.phase) // self.count, dtype=np.intp)

    def stamps(self, positions: np.ndarray) -> np.ndarray:
        """Return the stamps of positions, on the clocks of the zone: `datetime64[s]`, or whole numbers for steps.

        Args:
            positions: Shape `(positions,)`.
        """
        stamps = self._counted(positions)
        return stamps if not self.counts_in_utc or self.zone == "UTC" else self.on_clocks(stamps)

    def zoned_stamps(self, positions: np.ndarray) -> np.ndarray | pd.DatetimeIndex:
        """Return the stamps of positions for a frame: with the zone, if there is one."""
        import pandas as pd

        stamps = self._counted(positions)
        if self.zone is None:
            return stamps
        if self.counts_in_utc:
            return self._in_zone(stamps)
        first = np.ones(len(stamps), dtype=bool)  # Of a time that occurs twice, the first one.
        return pd.DatetimeIndex(stamps).tz_localize(self.zone, ambiguous=first, nonexistent="shift_forward")

    def in_utc(self, stamps: np.ndarray) -> np.ndarray:
        """Return times on the clocks of the zone in UTC; of one that occurs twice, the first; shape `(stamps,)`."""
        import pandas as pd

        first = np.ones(len(stamps), dtype=bool)
        index = pd.DatetimeIndex(stamps).tz_localize(self.zone, ambiguous=first, nonexistent="shift_forward")
        return np.asarray(index.tz_convert("UTC").tz_localize(None).to_numpy(dtype="datetime64[s]"))

    def on_clocks(self, stamps: np.ndarray) -> np.ndarray:
        """Return times in UTC on the clocks of the zone, shape `(stamps,)`."""
        return np.asarray(self._in_zone(stamps).tz_localize(None).to_numpy(dtype="datetime64[s]"))

    def _in_zone(self, stamps: np.ndarray) -> pd.DatetimeIndex:
        import pandas as pd

        return pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(self.zone)

    def _counted(self, positions: np.ndarray) -> np.ndarray:
        """Return the stamps of positions, in UTC if they are counted in it."""
        units = np.asarray(positions, dtype=np.int64) * self.count + self.phase
        if self.unit == "step":
            return units
        if self.unit == "month":
            months = units.astype("datetime64[M]")
            last = (months + 1).astype("datetime64[D]") - 1
            days = np.minimum(months.astype("datetime64[D]") + (self.month_day - 1), last)
            return np.asarray(days.astype("datetime64[s]"))
        if self.unit == "business_day":
            return np.asarray(np.busday_offset("1970-01-01", units, roll="forward").astype("datetime64[s]"))
        return units.astype("datetime64[s]")

    @property
    def seasons(self) -> tuple[int, ...]:
        """The season lengths that such data may have, in steps, the shortest first; empty if none is known."""
        if self.unit == "month":
            return (12 // self.count,) if 12 % self.count == 0 and self.count < 12 else ()
        if self.unit == "business_day":
            return (5,) if self.count == 1 else ()
        if self.unit == "step":
            return ()
        cycles = [cycle // self.count for cycle in _CYCLES if cycle % self.count == 0]
        if self.count >= _DAY:
            cycles.append(round(_YEAR_DAYS * _DAY / self.count))
        return tuple(steps for steps in cycles if _LEAST_STEPS <= steps <= _MOST_STEPS)

    @property
    def words(self) -> str:
        """The distance in words.

        >>> Frequency(unit="second", count=1800).words, Frequency(unit="month", count=2).words
        ('every 30 minutes', 'every 2 months')
        """
        if (known := _WORDS.get((self.unit, self.count))) is not None:
            return known
        if self.unit == "second":
            length, name = next((length, name) for length, name in _SECONDS.items() if self.count % length == 0)
            return f"every {self.count // length} {name}" if self.count > length else f"every {name[:-1]}"
        return f"every {self.count} {self.unit.replace('_', ' ')}s"

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the frequency that `to_table` described."""
        return cls(**table)


def frequency_of(stamps: np.ndarray, series: np.ndarray) -> tuple[Frequency, float]:
    """Return the frequency of stamps, and the share of neighbours that are one step apart.

    Args:
        stamps: Sorted within each series, without duplicates: `datetime64[s]`, or numbers; shape `(stamps,)`.
        series: The number of the series of each stamp, sorted; shape `(stamps,)`.
    """
    same = np.diff(series) == 0
    if stamps.dtype.kind != "M":
        gaps = np.diff(stamps)[same]
        count = max(1, round(_most_frequent(gaps) or float(np.median(gaps)))) if len(gaps) else 1
        phase = int(np.floor(stamps[0])) % count if len(stamps) else 0
        return _with_share(Frequency(unit="step", count=count, phase=phase), stamps, same)
    seconds = stamps.astype("datetime64[s]").astype(np.int64)
    gaps = np.diff(seconds)[same]
    if not len(gaps):
        return Frequency(unit="second", count=_DAY, phase=int(seconds[0]) % _DAY if len(seconds) else 0), 0.0
    for candidate in (_months(stamps, gaps), _business_days(stamps, gaps)):
        if candidate is not None:
            return _with_share(candidate, stamps, same)
    count = _seconds(gaps)
    phase, slack = _phase(seconds % count, count)
    return _with_share(Frequency(unit="second", count=count, phase=phase, slack=slack), stamps, same)


def _with_share(frequency: Frequency, stamps: np.ndarray, same: np.ndarray) -> tuple[Frequency, float]:
    steps = np.diff(frequency.positions(stamps))[same]
    return frequency, float((steps == 1).mean()) if len(steps) else 0.0


def _most_frequent(gaps: np.ndarray) -> float | None:
    """Return the most frequent gap, if it is one of five or more."""
    values, counts = np.unique(gaps, return_counts=True)
    return float(values[counts.argmax()]) if counts.max() > 0.2 * len(gaps) else None


def _seconds(gaps: np.ndarray) -> int:
    """Return the distance of stamps in seconds: the most frequent gap, or a usual length near irregular ones."""
    frequent = _most_frequent(gaps)
    if frequent is not None:
        return _nice(max(1, int(frequent)))
    typical = max(1.0, float(np.median(gaps)))
    near = _nice(int(typical))
    return near if near in _USUAL else min(_USUAL, key=lambda length: abs(np.log(length / typical)))


def _phase(phases: np.ndarray, count: int) -> tuple[int, int]:
    """Return where the grid of seconds begins, and by how many seconds stamps may come too early.

    Stamps that lie close together, around a time of day, belong to the same position; other ones to that before them.

    Args:
        phases: The seconds of each stamp after a multiple of the distance, shape `(stamps,)`.
        count: The distance in seconds.
    """
    distinct, counts = np.unique(phases, return_counts=True)
    if len(distinct) == 1:
        return int(distinct[0]), 0
    usual = int(distinct[counts.argmax()])
    gaps = np.diff(np.append(distinct, distinct[0] + count))
    first = int(distinct[(gaps.argmax() + 1) % len(distinct)])
    width = count - int(gaps.max())
    if width > count // 4:
        return (usual, 0) if counts.max() > 0.05 * len(phases) else (0, 0)
    if counts.max() <= 0.5 * len(phases):  # No time is usual: the roundest is.
        within = first + np.arange(width + 1)
        usual = int(min(within, key=lambda second: [bool(second % length) for length in (_DAY, 3_600, 900, 60, 10)]))
    return usual % count, (usual - first) % count


def _months(stamps: np.ndarray, gaps: np.ndarray) -> Frequency | None:
    """Return a frequency of months if most gaps are whole months; None if not."""
    typical = float(np.median(gaps)) / _DAY
    count = round(typical / (_YEAR_DAYS / 12))
    if count < 1 or abs(typical - count * _YEAR_DAYS / 12) > 2.6:
        return None
    dates = stamps.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    days = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    is_last = dates + 1 == (months + 1).astype("datetime64[D]")
    values, counts = np.unique(days, return_counts=True)
    if is_last.mean() > 0.9:
        day = _LAST_DAY
    elif counts.max() > 0.9 * len(days):
        day = int(values[counts.argmax()])
    elif (gaps == gaps[0]).mean() > 0.9:
        return None  # Every 30 days, or every 13 weeks.
    else:
        day = 1
    phases, counts = np.unique(months.astype(np.int64) % count, return_counts=True)
    return Frequency(unit="month", count=count, phase=int(phases[counts.argmax()]), month_day=day)


def _business_days(stamps: np.ndarray, gaps: np.ndarray) -> Frequency | None:
    """Return the frequency of working days if gaps are of a day and no stamp lies on a weekend; None if not."""
    if np.median(gaps) != _DAY or len(stamps) < 8:
        return None
    weekday = (stamps.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return Frequency(unit="business_day") if (weekday < 5).mean() > 0.99 else None


def _nice(seconds: int) -> int:
    """Return a length of time that divides a longer unit, near a measured one that is a little off."""
    for length in (7 * _DAY, _DAY, 3_600, 60):
        whole = round(seconds / length)
        if whole >= 1 and abs(seconds - whole * length) <= 0.02 * length:
            return whole * length
    return seconds
