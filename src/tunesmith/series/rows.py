"""The rows of a table of time series, sorted by series and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.arrays import Flags, Floats, Indices
from ..data import cells
from ..data.column import Column
from ..data.findings import Finding
from ..data.limits import Limits
from ..data.read import RawTable, read_table
from ..errors import InputError
from .columns import SeriesColumns
from .row_findings import absent_columns, left_out, unread_values, unsorted
from .times import TimeForm, Times, read_times

if TYPE_CHECKING:
    import pandas as pd

_TIME = "time"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The values of all series, sorted by series and time; those of covariates may go on after the target's last.

    Args:
        keys: What tells each series from others: the texts in the columns that name it, and the target if there are
            several.
        series: The number of the series of each row, shape `(rows,)`.
        stamps: The time of each, in UTC if it has a zone; shape `(rows,)`.
        local: The same on the clocks of the zone.
        values: NaN where missing, shape `(rows,)`.
        covariates: What else is known, by name; NaN where missing, shape `(rows,)` each.
        zone: The name of the zone; None if times have none.
        form: How times are written.
    """

    keys: tuple[tuple[str, ...], ...]
    series: Indices
    stamps: np.ndarray
    local: np.ndarray
    values: Floats
    covariates: Mapping[str, Floats]
    zone: str | None = None
    form: TimeForm = "date"

    @property
    def within(self) -> Flags:
        """Whether a row lies between the first and the last value of its series."""
        known = np.isfinite(self.values)
        order = np.arange(len(known))
        first, last = np.full(len(self.keys), len(known)), np.full(len(self.keys), -1)
        np.minimum.at(first, self.series[known], order[known])
        np.maximum.at(last, self.series[known], order[known])
        return (order >= first[self.series]) & (order <= last[self.series])

    @property
    def sizes(self) -> Indices:
        """The number of rows of each series."""
        return np.bincount(self.series, minlength=len(self.keys))

    def select(self, kept: Flags) -> Rows:
        """Return some of the rows, and the series that have one."""
        used, series = np.unique(self.series[kept], return_inverse=True)
        return replace(
            self,
            keys=tuple(self.keys[number] for number in used),
            series=series.reshape(-1).astype(np.intp),
            stamps=self.stamps[kept],
            local=self.local[kept],
            values=self.values[kept],
            covariates={name: values[kept] for name, values in self.covariates.items()},
        )

    def distinct(self, stamps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return stamps of the rows and their series, without repeated ones."""
        same = (np.diff(self.series) == 0) & (stamps[1:] == stamps[:-1])
        kept = np.concatenate([[True], ~same])
        return stamps[kept], self.series[kept]


def read_series_table(data: Any) -> RawTable:
    """Return a table of series, all of it: half the rows of a series are no series.

    Args:
        data: What `read_table` accepts. Dates in the index of a frame of pandas become a column.

    Raises:
        InputError: As for `read_table`.
        MissingExtra: As for `read_table`.
    """
    return read_table(with_index(data), Limits(memory_bytes=np.inf))


def with_index(data: Any) -> Any:
    """Return a frame or series of pandas whose dates are in a column; other data as they are."""
    if not type(data).__module__.startswith("pandas"):
        return data
    import pandas as pd

    if not isinstance(data, pd.DataFrame | pd.Series):
        return data
    levels = data.index.levels if isinstance(data.index, pd.MultiIndex) else [data.index]
    if not any(isinstance(level, pd.DatetimeIndex | pd.PeriodIndex) for level in levels):
        return data
    names = [
        name if name is not None else _TIME if isinstance(level, pd.DatetimeIndex | pd.PeriodIndex) else f"id_{number}"
        for number, (name, level) in enumerate(zip(data.index.names, levels, strict=True))
    ]
    frame = data.to_frame(data.name if data.name is not None else "value") if isinstance(data, pd.Series) else data
    return frame.set_axis(frame.index.set_names(names), axis=0).reset_index()


def rows_of(raw: RawTable, columns: SeriesColumns, findings: list[Finding]) -> Rows:
    """Return the rows of a table that have a time and a series, sorted.

    Args:
        raw: The table.
        columns: The roles of its columns.
        findings: What is noticed is added to them.

    Raises:
        InputError: A column is missing, the time cannot be read, or no row has a time and a value.
    """
    frame, targets = raw.frame, columns.targets
    columns.check(frame)
    keys, codes = _keys(frame, columns.ids)
    times = _counted(codes) if columns.time is None else read_times(frame[columns.time], raw.decimal)
    stamps = times.stamps
    parts = [_numbers(frame[target], raw.decimal, findings) for target in targets]
    timed = ~np.isnat(stamps) if stamps.dtype.kind == "M" else np.isfinite(stamps)
    for kind, there, what in (("undated_rows", timed, "no time"), ("unnamed_rows", codes >= 0, "no series")):
        if lost := int((~there).sum()):
            findings.append(left_out(kind, lost, what))
    kept = timed & (codes >= 0)
    if not np.isfinite(np.concatenate([part[kept] for part in parts])).any():
        raise InputError("a forecast needs rows with a time and a value, but this table has none.")
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((stamps[rows], codes[rows]))]
    steps = np.diff(stamps[kept])
    if ((steps < np.zeros(1, dtype=steps.dtype)) & (np.diff(codes[kept]) == 0)).any():
        findings.append(unsorted())
    if len(targets) > 1:
        keys = [(*key, target) for key in keys for target in targets]
    series = np.concatenate([codes[rows] * len(targets) + index for index in range(len(targets))])
    order = np.argsort(series, kind="stable")
    read = {} if columns.covariates is None else columns.covariates.read(frame)
    if columns.covariates is not None and (absent := columns.covariates.absent(frame)):
        findings.append(absent_columns(absent))
    return Rows(
        keys=tuple(keys),
        series=series[order].astype(np.intp),
        stamps=np.tile(stamps[rows], len(targets))[order],
        local=np.tile(times.local[rows], len(targets))[order],
        values=np.concatenate([part[rows] for part in parts])[order],
        covariates={name: np.tile(values[rows], len(targets))[order] for name, values in read.items()},
        zone=times.zone,
        form=times.form,
    )


def _counted(series: np.ndarray) -> Times:
    """Return the number of each row within its series as its time."""
    order = np.argsort(series, kind="stable")
    firsts = np.searchsorted(series[order], series[order])
    numbers = np.empty(len(series))
    numbers[order] = np.arange(len(series)) - firsts
    return Times(stamps=numbers, local=numbers)


def _numbers(values: pd.Series, decimal: str, findings: list[Finding]) -> Floats:
    """Return the values of a target."""
    column = Column.of(values, decimal=decimal)
    if column.kind != "number":
        raise InputError(f"a target of a forecast must hold numbers, but '{values.name}' does not.")
    reading = column.read_and_report(values)
    if reading.unread_rows:
        findings.append(unread_values(column.name, reading.unread, reading.unread_rows, len(values)))
    return np.asarray(reading.values, dtype=np.float64)


def _keys(frame: pd.DataFrame, ids: tuple[str, ...]) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """Return the keys of the series, sorted, and the number of each row's; -1 where all names are missing."""
    if not ids:
        return [()], np.zeros(len(frame), dtype=np.int64)
    columns = [_names(frame[name]) for name in ids]
    combined = np.zeros(len(frame), dtype=np.int64)
    for codes, texts in columns:
        combined = combined * (len(texts) + 1) + codes + 1
    distinct, first, series = np.unique(combined, return_index=True, return_inverse=True)
    keys = [tuple(texts[codes[row]] if codes[row] >= 0 else "" for codes, texts in columns) for row in first]
    unnamed = int(len(distinct) > 0 and distinct[0] == 0)
    return keys[unnamed:], series.reshape(-1) - unnamed


def _names(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return the code of each row and the distinct names, sorted; -1 where one is missing."""
    codes, texts = cells.texts(values)
    names = sorted({text for text in texts if text})
    places = {name: place for place, name in enumerate(names)}
    return np.array([*(places.get(text or "", -1) for text in texts), -1], dtype=np.int64)[codes], names
