"""The part of time series that is kept for one last test: what came after the values that models were trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from ..core.arrays import Floats
from ..data.findings import Finding
from ..data.read import RawTable
from ..errors import InputError
from .covariates import on_grid
from .panel import Panel
from .reading import filled, positions_of
from .rows import rows_of

_FILE = "test.npz"


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What was observed after the end of series.

    Args:
        actual: NaN where missing, shape `(series, steps)`.
        future: The covariates that are known ahead, shape `(series, steps, known)`; None if there are none.
    """

    actual: Floats
    future: Floats | None = None

    @classmethod
    def of(cls, raw: RawTable, panel: Panel, horizon: int) -> Self:
        """Return the first steps of a table that follow the ends of series.

        Args:
            raw: The table, with the columns of the one that the series come from. It may begin before their ends.
            panel: The series.
            horizon: The most steps.

        Raises:
            InputError: No row follows a series by so many steps at most.
        """
        findings: list[Finding] = []
        rows = rows_of(raw, panel.columns, findings)
        numbers = {key: number for number, key in enumerate(panel.keys or [(name,) for name in panel.names])}
        if not panel.columns.keys:
            numbers = {(): 0}
        series = np.array([numbers.get(key, -1) for key in rows.keys], dtype=np.intp)[rows.series]
        ahead = positions_of(rows, panel.frequency)
        if panel.columns.time is not None:  # Otherwise rows are counted, and the first one follows.
            ahead = ahead - (panel.starts + panel.lengths)[series]
        kept = (series >= 0) & (ahead >= 0) & (ahead < horizon)
        if not (kept & np.isfinite(rows.values)).any():
            end = str(panel.stamps(0, int(panel.lengths[0]) - 1, 1)[0]).removesuffix("T00:00:00")
            raise InputError(
                "the test part must follow the series that are given for training, but none of its values does. "
                f"The first series ends at {end}, and must go on {panel.frequency.words}."
            )
        steps = int(ahead[kept].max()) + 1
        places, total = series[kept] * steps + ahead[kept], len(panel) * steps
        known = [on_grid(rows.covariates[name][kept], places, total) for name in panel.known]
        return cls(
            actual=on_grid(rows.values[kept], places, total).reshape(len(panel), steps),
            future=filled(np.stack(known, axis=-1).reshape(len(panel), steps, len(known)), panel.last_known())
            if known
            else None,
        )

    def save(self, folder: Path) -> None:
        """Write it to a folder."""
        if self.future is None:
            np.savez(folder / _FILE, actual=self.actual)
        else:
            np.savez(folder / _FILE, actual=self.actual, future=self.future)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return what `save` wrote to a folder; None if there is nothing."""
        path = folder / _FILE
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as stored:
            return cls(actual=stored["actual"], future=stored.get("future"))


@dataclass(frozen=True, kw_only=True)
class HeldOutScores:
    """The scores of forecasts of the test part.

    Args:
        steps: The steps after the end of each series that were scored.
        series: The number of series.
        metrics: Each metric of the forecast; None where it has no value.
        baseline: Each metric of repeating the last season; empty if that was not tried.
        coverage: The share of the values that lie in the interval of 80 %.
        models: How many models have been scored on the test part.
    """

    steps: int
    series: int
    metrics: Mapping[str, float | None]
    baseline: Mapping[str, float | None]
    coverage: float
    models: int = 1
