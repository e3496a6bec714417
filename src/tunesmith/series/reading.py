"""From the rows of a table to time series on one grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Flags, Floats, Indices
from ..data import cells
from ..data.column import Column
from ..data.findings import Finding
from ..data.read import RawTable
from ..errors import InputError
from ..text.wording import count, share
from .columns import SeriesColumns, read_times
from .covariates import Covariates, on_grid
from .frequency import Frequency, frequency_of
from .panel import Panel

if TYPE_CHECKING:
    import pandas as pd

_MOST_VALUES = 100_000_000
_LARGEST_GROWTH = 50  # A grid may have so many times as many positions as there are rows.
_MOST_AHEAD = 10_000  # Steps after the last value.
_REGULAR = 0.5  # The least share of neighbours that are one step apart, in regular data.


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The values of all series, sorted by series and time; those of covariates may go on after the target's last."""

    names: tuple[str, ...]
    series: Indices
    stamps: np.ndarray
    values: Floats
    covariates: Mapping[str, Floats]

    @property
    def within(self) -> Flags:
        """Whether a row lies between the first and the last value of its series."""
        known = np.isfinite(self.values)
        order = np.arange(len(known))
        first, last = np.full(len(self.names), len(known)), np.full(len(self.names), -1)
        np.minimum.at(first, self.series[known], order[known])
        np.maximum.at(last, self.series[known], order[known])
        return (order >= first[self.series]) & (order <= last[self.series])

    def select(self, kept: Flags) -> _Rows:
        """Return some of the rows, and the series that have one."""
        used, series = np.unique(self.series[kept], return_inverse=True)
        return _Rows(
            names=tuple(self.names[number] for number in used),
            series=series.reshape(-1).astype(np.intp),
            stamps=self.stamps[kept],
            values=self.values[kept],
            covariates={name: values[kept] for name, values in self.covariates.items()},
        )


def read_panel(raw: RawTable, columns: SeriesColumns, *, frequency: Frequency | None = None) -> Panel:
    """Return the series in a table, without knowledge of their seasons.

    Times that occur twice in a series are averaged, and missing ones become missing values. Of rows after the last
    value of a series, the covariates count.

    Args:
        raw: The table.
        columns: The roles of its columns.
        frequency: The grid; found by default.

    Raises:
        InputError: The time cannot be read, or no series has two values.
    """
    findings = list(raw.findings)
    rows = _sorted_rows(raw, columns, findings)
    rows = rows.select(np.isin(rows.series, rows.series[np.isfinite(rows.values)]))
    within = rows.select(rows.within)
    if frequency is None:
        frequency, regular = frequency_of(*_distinct(within))
        if regular < _REGULAR and len(within.values) > len(within.names) + 1:
            findings.append(_irregular(frequency, regular))
    panel = _on_grid(within, frequency, columns, findings)
    if panel.lengths.max() < 2:
        raise InputError("a forecast needs a series of two or more times, but each of these has one.")
    return panel if columns.covariates is None else _with_future(panel, rows, columns.covariates)


def _sorted_rows(raw: RawTable, columns: SeriesColumns, findings: list[Finding]) -> _Rows:
    frame, targets = raw.frame, columns.targets
    stamps = np.arange(len(frame), dtype=np.float64)
    if columns.time is not None:
        stamps = read_times(frame[columns.time], raw.decimal)
    names, codes = _series_names(frame, columns.ids)
    parts = []
    for target in targets:
        column = Column.of(frame[target], decimal=raw.decimal)
        if column.kind != "number":
            raise InputError(f"a target of a forecast must hold numbers, but '{target}' does not.")
        parts.append(cells.numbers(frame[target], column.decimal))
    timed = ~np.isnat(stamps) if stamps.dtype.kind == "M" else np.isfinite(stamps)
    named = codes >= 0
    for kind, kept, what in (("undated_rows", timed, "no time"), ("unnamed_rows", named, "no series")):
        if lost := int((~kept).sum()):
            findings.append(_left_out(kind, lost, what))
    kept = timed & named
    if not np.isfinite(np.concatenate([part[kept] for part in parts])).any():
        raise InputError("a forecast needs rows with a time and a value, this table has none.")
    if len(targets) > 1:
        names = [f"{name} {target}".strip() for name in names for target in targets]
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((stamps[rows], codes[rows]))]
    later = np.diff(stamps[kept]) < np.zeros(1, dtype=np.diff(stamps[:2]).dtype)
    if (later & (np.diff(codes[kept]) == 0)).any():
        findings.append(_unsorted())
    read = {} if columns.covariates is None else columns.covariates.read(frame)
    series = np.concatenate([codes[rows] * len(targets) + index for index in range(len(targets))])
    order = np.argsort(series, kind="stable")
    return _Rows(
        names=tuple(names),
        series=series[order].astype(np.intp),
        stamps=np.tile(stamps[rows], len(targets))[order],
        values=np.concatenate([part[rows] for part in parts])[order],
        covariates={name: np.tile(values[rows], len(targets))[order] for name, values in read.items()},
    )


def _series_names(frame: pd.DataFrame, ids: tuple[str, ...]) -> tuple[list[str], np.ndarray]:
    """Return the names of the series, sorted, and the number of each row's; -1 where a name is missing."""
    if not ids:
        return [""], np.zeros(len(frame), dtype=np.int64)
    columns = [cells.texts(frame[name]) for name in ids]
    if len(ids) == 1:
        codes, texts = columns[0]
        labels = [text or "" for text in texts]
    else:
        table = np.column_stack([codes for codes, _ in columns])
        distinct, codes = np.unique(table, axis=0, return_inverse=True)
        labels = [
            " ".join((texts[code] or "") if code >= 0 else "" for code, (_, texts) in zip(row, columns, strict=True))
            for row in distinct
        ]
    order = sorted(range(len(labels)), key=lambda index: labels[index])
    ranks = np.empty(len(labels) + 1, dtype=np.int64)
    ranks[order] = np.arange(len(labels))
    ranks[-1] = -1
    return [labels[index] for index in order], ranks[codes]


def _distinct(rows: _Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return the stamps of the rows and their series, without repeated ones."""
    same = (np.diff(rows.series) == 0) & (rows.stamps[1:] == rows.stamps[:-1])
    kept = np.concatenate([[True], ~same])
    return rows.stamps[kept], rows.series[kept]


def _on_grid(rows: _Rows, frequency: Frequency, columns: SeriesColumns, findings: list[Finding]) -> Panel:
    positions = frequency.positions(rows.stamps)
    firsts = np.flatnonzero(np.concatenate([[True], np.diff(rows.series) != 0]))
    lasts = np.concatenate([firsts[1:], [len(positions)]]) - 1
    starts = positions[firsts]
    lengths = positions[lasts] - starts + 1
    total = int(lengths.sum())
    if total > _MOST_VALUES or total > _LARGEST_GROWTH * max(len(positions), 1_000):
        raise InputError(
            f"the times must lie close together, but {frequency.words} between the first and the last there are "
            f"{total:,} steps for {count(len(positions), 'row')}. Is a time wrong?"
        )
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp)
    places = offsets[rows.series] + positions - starts[rows.series]
    if repeated := int((np.bincount(places, minlength=total) > 1).sum()):
        findings.append(_repeated(repeated))
    values = on_grid(rows.values, places, total)
    observed = np.isfinite(values)
    if missing := int((~observed).sum()):
        findings.append(
            _gaps(missing, total, len(np.unique(np.searchsorted(offsets, np.flatnonzero(~observed), "right"))))
        )
        values = _interpolated(values, observed, offsets, lengths)
    return Panel(
        columns=columns,
        names=rows.names,
        frequency=frequency,
        seasons=(),
        starts=starts,
        offsets=offsets,
        lengths=lengths,
        values=values,
        observed=None if observed.all() else observed,
        covariates={name: on_grid(column, places, total) for name, column in rows.covariates.items()},
        findings=tuple(findings),
    )


def _with_future(panel: Panel, rows: _Rows, covariates: Covariates) -> Panel:
    """Return a panel that knows which covariates are known ahead, and those after the last values."""
    ends = panel.starts + panel.lengths
    ahead = panel.frequency.positions(rows.stamps) - ends[rows.series]
    later = (ahead >= 0) & (ahead < _MOST_AHEAD)
    known, static = covariates.known, covariates.static
    if not covariates.settled:
        static = tuple(name for name, values in panel.covariates.items() if _is_static(panel, values))
        given = [name for name in panel.covariates if np.isfinite(rows.covariates[name][later]).any()]
        known = tuple(name for name in panel.covariates if name in {*known, *static, *given})
    settled = replace(covariates, known=known, static=static, settled=True)
    panel = replace(panel, columns=replace(panel.columns, covariates=settled))
    if not known or not later.any():
        return panel
    steps = int(ahead[later].max()) + 1
    places = rows.series[later] * steps + ahead[later]
    future = [on_grid(rows.covariates[name][later], places, len(panel) * steps) for name in known]
    return replace(panel, future=np.stack(future, axis=-1).reshape(len(panel), steps, len(known)))


def _is_static(panel: Panel, values: Floats) -> bool:
    """Return whether values are the same within each series, and not in all."""
    first = values[panel.offsets]
    same = np.repeat(first, panel.lengths) == values
    return bool(same[np.isfinite(values)].all()) and len(np.unique(first[np.isfinite(first)])) > 1


def _interpolated(values: Floats, observed: Flags, offsets: Indices, lengths: Indices) -> Floats:
    """Return values with straight lines across gaps; the first and the last value of a series are known."""
    filled = values.copy()
    for offset, length in zip(offsets, lengths, strict=True):
        part = slice(offset, offset + length)
        known = np.flatnonzero(observed[part])
        if len(known) < length:
            filled[part] = np.interp(np.arange(length), known, values[part][known])
    return filled


def _left_out(kind: str, rows: int, what: str) -> Finding:
    return Finding(
        kind=kind,
        severity="warning",
        text=f"{count(rows, 'row')} {'has' if rows == 1 else 'have'} {what}.",
        remedy="They are left out.",
        values={"rows": rows},
    )


def _unsorted() -> Finding:
    return Finding(
        kind="unsorted_times", severity="info", text="The rows are not in the order of time.", remedy="They are sorted."
    )


def _repeated(times: int) -> Finding:
    return Finding(
        kind="repeated_times",
        severity="warning",
        text=f"{count(times, 'time')} of a series {'occurs' if times == 1 else 'occur'} more than once.",
        remedy="The mean of their values is taken. Name the column that tells series apart, if there are several.",
        values={"times": times},
    )


def _gaps(missing: int, total: int, series: int) -> Finding:
    return Finding(
        kind="gaps",
        severity="warning" if missing > 0.1 * total else "info",
        text=f"{count(missing, 'value')} ({share(missing / total)}) of {count(series, 'series')} "
        f"{'is' if missing == 1 else 'are'} missing between others.",
        remedy="They are interpolated for models, and do not count in scores.",
        values={"missing": missing, "series": series},
    )


def _irregular(frequency: Frequency, regular: float) -> Finding:
    return Finding(
        kind="irregular_times",
        severity="warning",
        text=f"Only {share(regular)} of neighbouring times are one step apart; the times are taken as "
        f"{frequency.words}.",
        remedy="Values within a step are averaged, and steps without one are interpolated.",
        values={"regular": regular},
    )
