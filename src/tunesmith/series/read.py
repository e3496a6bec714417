"""Time series from a table, ready to be analysed and forecast."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from .columns import find_columns
from .panel import Panel
from .reading import read_panel
from .rows import read_series_table
from .seasons import find_seasons


def read_series(
    data: Any,
    *,
    targets: Sequence[str] = (),
    time: str | None = None,
    ids: Sequence[str] = (),
    known: Sequence[str] = (),
    country: str | None = None,
    exclude: Collection[str] = (),
    seasons: Sequence[int] | None = None,
) -> Panel:
    """Return the series in a table, with their seasons. What is not named is found out.

    Args:
        data: What `read_series_table` accepts.
        targets: The columns with values.
        time: The column with the time of each row.
        ids: The columns that name the series of each row.
        known: Columns that are known ahead.
        country: The country whose holidays matter.
        exclude: Columns that are not used.
        seasons: The lengths of seasons in steps, the most important first.

    Raises:
        InputError: The data cannot be read, or hold no series.
    """
    raw = read_series_table(data)
    columns = find_columns(
        raw.frame, targets=targets, time=time, ids=ids, known=known, exclude=exclude, decimal=raw.decimal
    )
    panel = read_panel(raw, replace(columns, country=country))
    found = [season.length for season in find_seasons(panel)] if seasons is None else seasons
    return replace(panel, seasons=tuple(found))
