"""From a user's data to the series in a study's folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...data.fingerprint import fingerprint
from ...data.read import read_table
from ...errors import InputError
from ...series.columns import find_columns
from ...series.frequency import Frequency
from ...series.panel import Panel
from ...series.reading import read_panel
from ...series.seasons import find_seasons
from ..kept_data import check_same, keep
from .options import SeriesOptions

PANEL_FOLDER = "series"
"""The folder of the series, in a study's folder."""

_MOST_WINDOWS = 5
_ENOUGH_ROWS = 1_000  # Of a backtest: more windows tell little more.


def prepare_series(data: Any, options: SeriesOptions, folder: Path) -> Panel:
    """Return the series in a study's folder; reads the data first if they are not there yet.

    Args:
        data: What `read_table` accepts; None to go on with the series in the folder.
        options: What the user says about them.
        folder: Where the series are kept.

    Raises:
        InputError: The data cannot be read, or hold no series; or the folder holds other ones.
    """
    source = None if data is None else {"data": fingerprint(data), **options.to_table()}
    if not folder.exists():
        if data is None:
            raise InputError(f"a study's folder must hold series, but {folder.parent} has none. Give the data.")
        keep(replace(_panel(data, options), source=source or {}).save, folder)
    panel = Panel.load(folder)
    if source is not None:
        check_same(panel.source, source, folder.parent)
    return panel


def _panel(data: Any, options: SeriesOptions) -> Panel:
    raw = read_table(data)
    columns = find_columns(
        raw.frame,
        targets=options.targets,
        time=options.time,
        ids=options.ids,
        known=options.known,
        exclude=options.exclude,
        decimal=raw.decimal,
    )
    panel = read_panel(raw, replace(columns, country=options.country))
    if options.seasons is not None:
        return replace(panel, seasons=options.seasons)
    return replace(panel, seasons=tuple(season.length for season in find_seasons(panel)))


def default_horizon(panel: Panel) -> int:
    """Return how many steps are forecast if the user does not say: about one season, less of short series."""
    usual = _usual_horizon(panel.frequency) or panel.season if panel.season > 1 else _usual_horizon(panel.frequency)
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
