"""Which columns of a table hold the time, the names of the series, and their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..data import cells
from ..data.column import Column
from ..data.problem import column_of
from ..errors import InputError
from .covariates import Covariates
from .times import TimeForm, holds_times

if TYPE_CHECKING:
    import pandas as pd

_TIME_NAMES = (
    *("date", "time", "datetime", "timestamp", "ds", "day", "month", "period", "week", "quarter", "year", "t", "step"),
    *("epoch", "unix", "unix_time"),
)
_MOST_REPEATED = 0.2  # Of the stamps of a series.
_LEAST_FILLED = 0.5  # Of all times of all series, where whole numbers are to name series.
_MOST_NAMES = 6  # Columns that pairs of names are looked for in.


@dataclass(frozen=True, kw_only=True)
class SeriesColumns:
    """The roles of the columns of a table of time series.

    Args:
        targets: The columns with values; several are series of their own.
        time: The column with the time of each row; None if rows are in the order of time.
        ids: The columns that name the series of each row; none for a single series.
        covariates: How other columns are read; None if they are not used.
        country: The country whose holidays matter, as `DE` or `US-CA`; None if none does.
        form: How times are written.
        whole: Those of `ids` that hold whole numbers, which they are in forecasts too.
    """

    targets: tuple[str, ...]
    time: str | None = None
    ids: tuple[str, ...] = ()
    covariates: Covariates | None = None
    country: str | None = None
    form: TimeForm = "date"
    whole: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """What tells series apart: the columns that name them, and `series` for the name of one of several targets."""
        return (*self.ids, *(("series",) if len(self.targets) > 1 else ()))

    def check(self, frame: pd.DataFrame) -> None:
        """Check that a table has the columns of the series.

        Raises:
            InputError: One is missing.
        """
        named = (("target", self.targets), ("time column", (self.time,) if self.time else ()), ("id column", self.ids))
        for role, names in named:
            for name in names:
                column_of(frame, name, role)

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        beside = None if self.covariates is None else self.covariates.to_table()
        return {
            "targets": list(self.targets),
            "time": self.time,
            "ids": list(self.ids),
            "covariates": beside,
            "country": self.country,
            "form": self.form,
            "whole": list(self.whole),
        }

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the columns that `to_table` described."""
        beside = table["covariates"]
        return cls(
            targets=tuple(table["targets"]),
            time=table["time"],
            ids=tuple(table["ids"]),
            covariates=None if beside is None else Covariates.from_table(beside),
            country=table["country"],
            form=table["form"],
            whole=tuple(table.get("whole", ())),
        )


def find_columns(
    frame: pd.DataFrame,
    *,
    targets: Sequence[str] = (),
    time: str | None = None,
    ids: Sequence[str] = (),
    known: Sequence[str] = (),
    exclude: Collection[str] = (),
    decimal: str = ".",
) -> SeriesColumns:
    """Return the roles of a table's columns: those that are named, and those that can be found out.

    The time is the column of dates, or one of whole numbers with a usual name. Where a time occurs several times, the
    names of series are in a column of words, of whole numbers, or in two of them. Without a target, all other columns
    of numbers are series; with one, other columns are covariates.

    Args:
        frame: The table.
        targets: The columns with values.
        time: The column with the time.
        ids: The columns that name the series.
        known: Covariates that are known ahead.
        exclude: Columns to ignore.
        decimal: The decimal mark of numbers in text, where their values allow two.

    Raises:
        InputError: A named column is missing, or there is nothing to forecast.
    """
    targets, ids, known = (tuple(dict.fromkeys(names)) for names in (targets, ids, known))
    SeriesColumns(targets=targets, time=time, ids=ids).check(frame)
    for name in known:
        column_of(frame, name, "column that is known ahead")
    rest = [name for name in frame.columns if name not in {*targets, *ids, *exclude, time}]
    kinds = {name: Column.of(frame[name], decimal=decimal) for name in rest}
    if time is None:
        time = _find_time(frame, kinds)
        rest = [name for name in rest if name != time]
    if not ids and time is not None:
        ids = _find_ids(frame, time, {name: kinds[name] for name in rest if name not in known})
    if not targets:
        targets = tuple(name for name in rest if kinds[name].kind == "number" and name not in (*ids, *known))
        if not targets:
            raise InputError(
                "forecasting needs a column of numbers, as --target COLUMN, but this table has none. "
                f"Columns: {', '.join(frame.columns[:20])}."
            )
    others = [name for name in rest if name not in {*targets, *ids}]
    covariates = Covariates.infer(frame, others, known, decimal=decimal) if others else None
    whole = tuple(name for name in ids if frame[name].dtype.kind in "iu")
    return SeriesColumns(targets=targets, time=time, ids=ids, covariates=covariates, whole=whole)


def _find_time(frame: pd.DataFrame, kinds: Mapping[str, Column]) -> str | None:
    """Return the column of dates that comes first, or one of whole numbers with a usual name."""
    dates = [name for name, column in kinds.items() if holds_times(frame[name], column)]
    if dates:
        return min(dates, key=lambda name: (name.lower() not in _TIME_NAMES, list(kinds).index(name)))
    for name, column in kinds.items():
        if column.kind == "number" and name.lower() in _TIME_NAMES and _are_whole(frame[name], column):
            return name
    return None


def _are_whole(values: pd.Series, column: Column) -> bool:
    numbers = cells.numbers(values, column.decimal)
    return bool(np.isfinite(numbers).all() and (numbers == np.round(numbers)).all())


def _find_ids(frame: pd.DataFrame, time: str, kinds: Mapping[str, Column]) -> tuple[str, ...]:
    """Return the columns that tell rows of the same time apart; none if no time occurs twice.

    They are one column of words, one of whole numbers that hold nearly every time, or two of such.
    """
    repeated = float(frame[time].duplicated().mean())
    if not repeated:
        return ()
    words = [name for name, column in kinds.items() if column.kind in ("category", "text")]
    for name in words:
        if frame.duplicated([time, name]).mean() < _MOST_REPEATED * repeated:
            return (name,)
    numbers = [name for name, column in kinds.items() if column.kind == "number" and _are_whole(frame[name], column)]
    names = (words + numbers)[:_MOST_NAMES]
    for some in (*((name,) for name in names), *combinations(names, 2)):
        if not frame.duplicated([time, *some]).any() and _filled(frame, time, some) >= _LEAST_FILLED:
            return some
    return ()


def _filled(frame: pd.DataFrame, time: str, names: Sequence[str]) -> float:
    """Return the share of all times of all series that a table has a row for, if some columns name the series."""
    return float(len(frame) / (frame[time].nunique() * len(frame[list(names)].drop_duplicates())))
