"""From a user's data to the series in a study's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...data.findings import Finding
from ...data.fingerprint import fingerprint
from ...errors import InputError
from ...series.frequency import Frequency
from ...series.held_out import HeldOut
from ...series.levels import LEVELS
from ...series.panel import Panel
from ...series.read import read_series
from ...series.rows import read_series_table, with_index
from ...series.span import Span
from ...text.cleaning import short
from ..kept_data import check_same, keep
from .options import SeriesOptions

PANEL_FOLDER = "series"
"""The folder of the series, in a study's folder."""

_MOST_WINDOWS = 5
_ENOUGH_ROWS = 1_500  # Of a backtest: more windows tell little more.
_LONGEST_HORIZON = 10  # Times the length of the longest series.
_MOST_QUANTILES = 200_000_000  # Of a forecast.


def prepare_series(data: Any, options: SeriesOptions, folder: Path) -> Panel:
    """Return the series in a study's folder; reads the data first if they are not there yet.

    Args:
        data: What `read_series_table` accepts; None to go on with the series in the folder.
        options: What the user says about them.
        folder: Where the series are kept.

    Raises:
        InputError: The data cannot be read, or hold no series; or the folder holds other ones.
    """
    if data is not None:
        data = with_index(data)
    source = None if data is None else _source(data, options)
    if not folder.exists():
        if data is None:
            raise InputError(f"a study's folder must hold series, but {folder.parent} has none. Give the data.")
        keep(_prepared(data, options, source or {}).save, folder)
    panel = Panel.load(folder)
    if source is not None:
        check_same(panel.source, source, folder.parent)
    return panel


def _source(data: Any, options: SeriesOptions) -> dict[str, Any]:
    tested = {} if options.test is None else {"test": fingerprint(with_index(options.test))}
    return {"data": fingerprint(data), **tested, **options.to_table()}


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """The series that models are trained on, and what came after them, if it was given."""

    panel: Panel
    held_out: HeldOut | None

    def save(self, folder: Path) -> None:
        self.panel.save(folder)
        if self.held_out is not None:
            self.held_out.save(folder)


def _prepared(data: Any, options: SeriesOptions, source: Mapping[str, Any]) -> _Prepared:
    panel = replace(series_of(data, options), source=source)
    horizon = checked_horizon(panel, options.horizon)
    if options.test is None:
        return _Prepared(panel=panel, held_out=None)
    return _Prepared(panel=panel, held_out=HeldOut.of(read_series_table(options.test), panel, horizon))


def series_of(data: Any, options: SeriesOptions) -> Panel:
    """Return the series in a table.

    Args:
        data: What `read_series_table` accepts.
        options: What the user says about them.

    Raises:
        InputError: The data cannot be read, or hold no series.
    """
    panel = read_series(
        data,
        targets=options.targets,
        time=options.time,
        ids=options.ids,
        known=options.known,
        country=options.country,
        exclude=options.exclude,
        seasons=options.seasons,
    )
    if options.frequency in (None, panel.frequency.words):
        return panel
    return replace(panel, findings=(*panel.findings, _other_frequency(panel, options.frequency or "")))


def _other_frequency(panel: Panel, told: str) -> Finding:
    return Finding(
        kind="other_frequency",
        severity="warning",
        text=f"The times are {panel.frequency.words}, not {short(told, 40)} as the request has it.",
        remedy="They are forecast as they are. Add the values up before, if you want longer steps.",
    )


def checked_horizon(panel: Panel, asked: int | str | None) -> int:
    """Return the steps to forecast: those that the user asks for, or the usual ones.

    Raises:
        InputError: It is absurdly long, or a time that is no number of steps of these series.
    """
    if isinstance(asked, str):
        asked = Span.parse(asked).steps(panel.frequency)
    horizon = default_horizon(panel) if asked is None else asked
    longest = int(panel.lengths.max())
    most = min(_LONGEST_HORIZON * longest, _MOST_QUANTILES // (len(panel) * len(LEVELS)))
    if horizon > most:
        raise InputError(
            f"the horizon of {len(panel):,} series, the longest of {longest:,} values, must be at most {most:,} steps, "
            f"got {horizon:,}.",
            keys=("horizon",),
        )
    return horizon


def default_horizon(panel: Panel) -> int:
    """Return how many steps are forecast if the user does not say: usual ones, fewer of short series."""
    usual = _usual_horizon(panel.frequency) or (panel.season if panel.season > 1 else None)
    room = int(np.median(panel.lengths)) // 4
    return max(1, min(usual or max(1, int(np.median(panel.lengths)) // 10), room))


def _usual_horizon(frequency: Frequency) -> int | None:
    """Return the usual number of steps: a year of months or quarters, two weeks of days, two days of hours."""
    day = 86_400
    if frequency.unit == "month":
        return max(1, 12 // frequency.count) if frequency.count < 12 else 4
    if frequency.unit == "business_day":
        return 10
    if frequency.unit == "step":
        return None
    if frequency.count >= 7 * day:
        return 13
    return 14 if frequency.count >= day else max(1, min(48, 2 * day // frequency.count))


def default_windows(panel: Panel) -> int:
    """Return how many windows the backtest has if the user does not say: fewer of many series."""
    return max(1, min(_MOST_WINDOWS, _ENOUGH_ROWS // len(panel)))
