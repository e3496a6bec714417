"""Which columns of a table hold the time, the names of the series, and their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..core.arrays import Floats
from ..data import cells
from ..data.column import Column
from ..data.problem import column_of
from ..errors import InputError
from .covariates import Covariates

if TYPE_CHECKING:
    import pandas as pd

_TIME_NAMES = ("date", "time", "datetime", "timestamp", "ds", "day", "month", "period", "week", "t", "step")
_MOST_REPEATED = 0.2  # Of the stamps of a series.


@dataclass(frozen=True, kw_only=True)
class SeriesColumns:
    """The roles of the columns of a table of time series.

    Args:
        targets: The columns with values; several are series of their own.
        time: The column with the time of each row; None if rows are in the order of time.
        ids: The columns that name the series of each row; none for a single series.
        covariates: How other columns are read; None if they are not used.
        country: The country whose holidays matter, as `DE` or `US-CA`; None if none does.
    """

    targets: tuple[str, ...]
    time: str | None = None
    ids: tuple[str, ...] = ()
    covariates: Covariates | None = None
    country: str | None = None

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        beside = None if self.covariates is None else self.covariates.to_table()
        return {
            "targets": list(self.targets),
            "time": self.time,
            "ids": list(self.ids),
            "covariates": beside,
            "country": self.country,
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

    The time is the column of dates, or one of whole numbers with a usual name. The names of series are in a column of
    words, where a time occurs several times without it. Without a target, all other columns of numbers are series;
    with one, other columns are covariates.

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
    for role, names in (
        ("target", targets),
        ("time column", [time] if time else []),
        ("id column", ids),
        ("column that is known ahead", known),
    ):
        for name in names:
            column_of(frame, name, role)
    rest = [name for name in frame.columns if name not in {*targets, *ids, *exclude, time}]
    kinds = {name: Column.of(frame[name], decimal=decimal) for name in rest}
    if time is None:
        time = _find_time(frame, kinds)
        rest = [name for name in rest if name != time]
    if not ids and time is not None:
        ids = _find_ids(frame, time, [name for name in rest if kinds[name].kind in ("category", "text")])
    if not targets:
        targets = [name for name in rest if kinds[name].kind == "number" and name not in ids]
        if not targets:
            raise InputError(
                "forecasting needs a column of numbers, as --target COLUMN, but this table has none. "
                f"Columns: {', '.join(frame.columns[:20])}."
            )
    others = [name for name in rest if name not in {*targets, *ids}]
    covariates = Covariates.infer(frame, others, known, decimal=decimal) if others else None
    return SeriesColumns(targets=tuple(targets), time=time, ids=tuple(ids), covariates=covariates)


def _find_time(frame: pd.DataFrame, kinds: dict[str, Column]) -> str | None:
    """Return the column of dates that comes first, or one of whole numbers with a usual name."""
    dates = [name for name, column in kinds.items() if column.kind == "date"]
    if dates:
        return min(dates, key=lambda name: (name.lower() not in _TIME_NAMES, list(kinds).index(name)))
    for name, column in kinds.items():
        if column.kind == "number" and name.lower() in _TIME_NAMES:
            numbers = cells.numbers(frame[name], column.decimal)
            if np.isfinite(numbers).all() and (numbers == np.round(numbers)).all():
                return name
    return None


def _find_ids(frame: pd.DataFrame, time: str, words: Sequence[str]) -> list[str]:
    """Return the column of words that tells rows of the same time apart; none if no time occurs twice."""
    if not frame[time].duplicated().any():
        return []
    for name in words:
        if frame.duplicated([time, name]).mean() < _MOST_REPEATED * frame[time].duplicated().mean():
            return [name]
    return []


def read_times(values: pd.Series, decimal: str) -> np.ndarray:
    """Return the time of each row: `datetime64[s]`, or numbers; missing where there is none; shape `(rows,)`.

    Raises:
        InputError: The column holds neither dates nor numbers.
    """
    column = Column.of(values, decimal=decimal)
    if column.kind == "date":
        return np.asarray(column.read(values).to_numpy(dtype="datetime64[s]"))
    if column.kind != "number":
        raise InputError(f"the time column must hold dates or whole numbers, but '{values.name}' does not.")
    numbers = cells.numbers(values, column.decimal)
    return _years(numbers) if _are_years(numbers) else numbers


def _are_years(numbers: Floats) -> bool:
    """Return whether numbers are years, as 1949, or dates written as one number, as 20240131."""
    known = numbers[np.isfinite(numbers)]
    whole = bool(len(known)) and bool((known == np.round(known)).all())
    return whole and (
        bool(((known >= 1600) & (known <= 2200)).all()) or bool(((known >= 1.6e7) & (known < 2.2e7)).all())
    )


def _years(numbers: Floats) -> np.ndarray:
    texts = [("NaT" if not np.isfinite(number) else _date_text(int(number))) for number in numbers]
    return np.array(texts, dtype="datetime64[s]")


def _date_text(number: int) -> str:
    return f"{number}-01-01" if number < 10_000 else f"{number // 10_000}-{number // 100 % 100:02}-{number % 100:02}"
