"""What a user asks of `fit` for time series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.schema import expect_range, expect_whole
from ...errors import InputError
from ...series.calendar import check_country
from ...series.span import Span
from ..options import SearchOptions

COSTS = ("fit_seconds", "forecast_seconds", "model_mb")
"""What every trial measures besides scores, and a limit may be on."""


@dataclass(frozen=True, kw_only=True)
class SeriesOptions:
    """What a user says about the series.

    Args:
        targets: The columns with values; each is a series of its own. All columns of numbers by default.
        time: The column with the time of each row; found by default.
        ids: The columns that name the series of each row; found by default.
        horizon: The number of steps to forecast, or a time such as `28 days`; found by default.
        frequency: How often there is a value, as `daily`; found in any case, and reported where it differs.
        known: Columns that are known ahead, such as prices and promotions.
        country: The country whose holidays matter, as `DE` or `US-CA`; none by default.
        exclude: Columns that are not used.
        seasons: The lengths of seasons in steps, the most important first; found by default. A season of 1 is none.
        windows: The most windows of the backtest; as many as the series need by default.
        stride: The steps from one window to the next; the horizon by default, so that windows do not overlap.
        test: The values after the end of the series, for one last test: what the data may be.

    Raises:
        InputError: An option is wrong.
    """

    targets: tuple[str, ...] = ()
    time: str | None = None
    ids: tuple[str, ...] = ()
    horizon: int | str | None = None
    frequency: str | None = None
    known: tuple[str, ...] = ()
    country: str | None = None
    exclude: tuple[str, ...] = ()
    seasons: tuple[int, ...] | None = None
    windows: int | None = None
    stride: int | None = None
    test: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.horizon, str):
            object.__setattr__(self, "horizon", _steps_or_time(self.horizon))
        for name in ("windows", "stride", *(() if isinstance(self.horizon, str) else ("horizon",))):
            if (value := getattr(self, name)) is not None:
                expect_range(self, name, 1)
                object.__setattr__(self, name, expect_whole(value, 1, name))
        if self.seasons is not None:
            lengths = tuple(expect_whole(length, 1, "season") for length in self.seasons)
            object.__setattr__(self, "seasons", tuple(length for length in lengths if length > 1))
        if self.country is not None:
            check_country(self.country)
        roles = [*self.ids, *([self.time] if self.time else [])]
        if clash := [name for name in roles if name in self.targets]:
            raise InputError(f"a target must not be the time or name the series, got '{clash[0]}' for both.")

    def to_table(self) -> dict[str, Any]:
        """Return the options as plain JSON, but for the test rows."""
        lists = {name: list(getattr(self, name)) for name in ("targets", "ids", "known", "exclude")}
        seasons = None if self.seasons is None else list(self.seasons)
        return {
            **lists,
            "time": self.time,
            "country": self.country,
            "horizon": self.horizon,
            "frequency": self.frequency,
            "seasons": seasons,
            "windows": self.windows,
            "stride": self.stride,
        }


def _steps_or_time(text: str) -> int | str:
    """Return a number of steps as one, and a time in one spelling.

    Raises:
        InputError: It is neither.
    """
    if text.strip().removeprefix("-").isdecimal():
        return int(text)
    span = Span.parse(text)
    return span.count if span.unit == "step" else str(span)


@dataclass(frozen=True, kw_only=True)
class ForecastOptions(SearchOptions):
    """The options of `fit` for time series.

    Args:
        series: What is known about the series.
    """

    series: SeriesOptions
