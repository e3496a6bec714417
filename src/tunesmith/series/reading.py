"""From the rows of a table to time series on one grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..core.arrays import Flags, Floats, Indices
from ..data.findings import Finding
from ..data.read import RawTable
from ..errors import InputError
from ..text.wording import count
from . import row_findings
from .columns import SeriesColumns
from .covariates import Covariates, on_grid
from .frequency import Frequency, frequency_of
from .panel import Panel
from .rows import Rows, rows_of

_MOST_VALUES = 100_000_000
_LARGEST_GROWTH = 50  # A grid may have so many times as many positions as there are rows.
_FEW_ROWS = 100  # As many positions as of so many rows are always allowed.
_MOST_AHEAD = 10_000  # Steps after the last value.
_REGULAR = 0.5  # The least share of neighbours that are one step apart, in regular data.


def read_panel(raw: RawTable, columns: SeriesColumns, *, frequency: Frequency | None = None) -> Panel:
    """Return the series in a table, without knowledge of their seasons.

    Times that occur twice in a series are averaged, and missing ones become missing values. Of rows after the last
    value of a series, the covariates count. Series without any value, and those whose times are absurdly far apart,
    are left out, with a finding.

    Args:
        raw: The table.
        columns: The roles of its columns.
        frequency: The grid; found by default.

    Raises:
        InputError: The table lacks a column, the time cannot be read, or no series has two values.
    """
    findings = list(raw.findings)
    rows = rows_of(raw, columns, findings)
    columns = replace(columns, form=rows.form)
    has_values = np.isin(np.arange(len(rows.keys)), rows.series[np.isfinite(rows.values)])
    if not has_values.all():
        findings.append(row_findings.empty_series([rows.keys[index] for index in np.flatnonzero(~has_values)]))
        rows = rows.select(has_values[rows.series])
    within = rows.select(rows.within)
    if frequency is None:
        frequency = _found_frequency(within, findings)
    within, rows = _near(within, rows, frequency, findings)
    panel = _on_grid(within, frequency, columns, findings)
    if panel.lengths.max() < 2:
        raise InputError("a forecast needs a series of two or more times, but each of these has one.")
    return panel if columns.covariates is None else _with_future(panel, rows, columns.covariates)


def positions_of(rows: Rows, frequency: Frequency) -> Indices:
    """Return the position of each row on a grid, shape `(rows,)`.

    Raises:
        InputError: One counts dates and the other numbers.
    """
    if (rows.stamps.dtype.kind == "M") != (frequency.unit != "step"):
        kinds = ("numbers", "dates") if frequency.unit == "step" else ("dates", "numbers")
        raise InputError(f"the times must be {kinds[0]}, as in the series that models were trained on, got {kinds[1]}.")
    if not frequency.counts_in_utc:
        of_another_zone = None not in (rows.zone, frequency.zone) and rows.zone != frequency.zone
        return frequency.positions(frequency.on_clocks(rows.stamps) if of_another_zone else rows.local)
    if rows.zone is not None:
        return frequency.positions(rows.stamps)
    return frequency.positions(frequency.in_utc(rows.stamps))


def _found_frequency(rows: Rows, findings: list[Finding]) -> Frequency:
    frequency, regular = frequency_of(*rows.distinct(rows.local))
    frequency = replace(frequency, zone=rows.zone)
    if frequency.counts_in_utc:
        frequency, regular = frequency_of(*rows.distinct(rows.stamps))
        frequency = replace(frequency, zone=rows.zone)
    slow_or_fast = _of_other_frequency(rows, frequency)
    if 0 < len(slow_or_fast) < len(rows.keys):
        keys = [rows.keys[index] for index in slow_or_fast]
        findings.append(row_findings.mixed_frequencies(keys, frequency.words))
    elif regular < _REGULAR and len(rows.values) > len(rows.keys) + 1:
        findings.append(row_findings.irregular(frequency.words, regular))
    return frequency


def _of_other_frequency(rows: Rows, frequency: Frequency) -> Indices:
    """Return the series most of whose neighbouring times are not one step apart."""
    same = np.diff(rows.series) == 0
    steps, series = np.diff(positions_of(rows, frequency))[same], rows.series[1:][same]
    gaps = np.bincount(series, minlength=len(rows.keys))
    others = np.bincount(series, steps != 1, minlength=len(rows.keys))
    return np.flatnonzero((gaps >= 2) & (others > _REGULAR * gaps))


def _near(within: Rows, rows: Rows, frequency: Frequency, findings: list[Finding]) -> tuple[Rows, Rows]:
    """Return rows without those of series whose times are too far apart for the grid.

    Args:
        within: The rows between the first and the last value of each series.
        rows: The same series, with rows before and after.
        frequency: The grid.
        findings: What is noticed is added to them.

    Raises:
        InputError: There is no other series, or all of them together are too long.
    """
    positions = positions_of(within, frequency)
    firsts = np.flatnonzero(np.concatenate([[True], np.diff(within.series) != 0]))
    lengths = positions[np.concatenate([firsts[1:], [len(positions)]]) - 1] - positions[firsts] + 1
    far = lengths > _LARGEST_GROWTH * np.maximum(within.sizes, _FEW_ROWS)
    total = int(lengths.sum()) if far.all() else int(lengths[~far].sum())
    if far.all() or total > _MOST_VALUES:
        raise InputError(
            f"the times must lie close together, but {frequency.words} between the first and the last there are "
            f"{total:,} steps for {count(len(positions), 'row')}. Is a time wrong?"
        )
    if not far.any():
        return within, rows
    keys = [within.keys[index] for index in np.flatnonzero(far)]
    findings.append(row_findings.far_apart(keys, frequency.words))
    return within.select(~far[within.series]), rows.select(~far[rows.series])


def _on_grid(rows: Rows, frequency: Frequency, columns: SeriesColumns, findings: list[Finding]) -> Panel:
    positions = positions_of(rows, frequency)
    firsts = np.flatnonzero(np.concatenate([[True], np.diff(rows.series) != 0]))
    lasts = np.concatenate([firsts[1:], [len(positions)]]) - 1
    starts = positions[firsts]
    lengths = positions[lasts] - starts + 1
    total = int(lengths.sum())
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp)
    places = offsets[rows.series] + positions - starts[rows.series]
    if (times := np.bincount(places, minlength=total) > 1).any():
        findings.append(_repeated(rows, places, times))
    values = on_grid(rows.values, places, total)
    observed = np.isfinite(values)
    if missing := int((~observed).sum()):
        incomplete = np.unique(np.searchsorted(offsets, np.flatnonzero(~observed), "right"))
        findings.append(row_findings.gaps(missing, total, len(incomplete)))
        values = _interpolated(values, observed, offsets, lengths)
    return Panel(
        columns=columns,
        names=tuple(" ".join(key) for key in rows.keys),
        keys=rows.keys if len(columns.keys) > 1 else (),
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


def _repeated(rows: Rows, places: Indices, times: Flags) -> Finding:
    """Return the finding that several rows share a place on the grid."""
    number = int(times.sum())
    shared = rows.local[times[places]]
    if rows.zone is None and shared.dtype.kind == "M" and row_findings.are_clock_changes(shared):
        return row_findings.clock_change(number)
    return row_findings.repeated(number)


def _with_future(panel: Panel, rows: Rows, covariates: Covariates) -> Panel:
    """Return a panel that knows which covariates are known ahead, and those after the last values."""
    ends = panel.starts + panel.lengths
    ahead = positions_of(rows, panel.frequency) - ends[rows.series]
    later = (ahead >= 0) & (ahead < _MOST_AHEAD)
    known, static = covariates.known, covariates.static
    if not covariates.settled:
        static = tuple(name for name, values in panel.covariates.items() if _is_static(panel, values))
        given = [name for name in panel.covariates if np.isfinite(rows.covariates[name][later]).any()]
        known = tuple(name for name in panel.covariates if name in {*known, *static, *given})
    settled = replace(covariates, known=known, static=static, settled=True)
    panel = replace(panel, columns=replace(panel.columns, covariates=settled))
    findings = []
    for name in known:
        there = np.unique(rows.series[later & np.isfinite(rows.covariates[name])])
        if name not in static and len(there) < len(panel):
            keys = [key for index, key in enumerate(rows.keys) if index not in set(there.tolist())]
            findings.append(row_findings.unknown_ahead(name, keys, len(panel)))
    panel = replace(panel, findings=(*panel.findings, *findings))
    if not known or not later.any():
        return panel
    steps = int(ahead[later].max()) + 1
    places = rows.series[later] * steps + ahead[later]
    values = [on_grid(rows.covariates[name][later], places, len(panel) * steps) for name in known]
    future = np.stack(values, axis=-1).reshape(len(panel), steps, len(known))
    steps_ahead = tuple(_steps_ahead(future[..., column]) for column in range(len(known)))
    return replace(panel, future=filled(future, panel.last_known()), ahead=steps_ahead)


def _steps_ahead(future: Floats) -> int:
    """Return for how many steps a covariate is known in half of the series or more.

    Args:
        future: Its values after the ends of the series, NaN where there is none; shape `(series, steps)`.
    """
    there = np.isfinite(future)
    counts = np.where(there.any(axis=1), there.shape[1] - np.argmax(there[:, ::-1], axis=1), 0)
    return int(np.median(counts))


def filled(future: Floats, last: Floats) -> Floats:
    """Return covariates that are known ahead without gaps: the value before stands for a missing one.

    Args:
        future: Shape `(series, steps, known)`; changed in place.
        last: The last values in the histories, shape `(series, known)`.
    """
    for step in range(future.shape[1]):
        missing = np.isnan(future[:, step])
        future[:, step][missing] = last[missing]
        last = future[:, step]
    return future


def _is_static(panel: Panel, values: Floats) -> bool:
    """Return whether values are the same within each series, and not in all."""
    first = values[panel.offsets]
    same = np.repeat(first, panel.lengths) == values
    return bool(same[np.isfinite(values)].all()) and len(np.unique(first[np.isfinite(first)])) > 1


def _interpolated(values: Floats, observed: Flags, offsets: Indices, lengths: Indices) -> Floats:
    """Return values with straight lines across gaps; the first and the last value of a series are known."""
    filled = values.copy()
    for index in np.unique(np.searchsorted(offsets, np.flatnonzero(~observed), "right")) - 1:
        part = slice(offsets[index], offsets[index] + lengths[index])
        known = np.flatnonzero(observed[part])
        filled[part] = np.interp(np.arange(lengths[index]), known, values[part][known])
    return filled
