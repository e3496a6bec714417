"""What boosted trees see of a series before each step that they forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from ..core.arrays import Floats, Indices, Singles
from ..series.calendar import calendar
from ..series.panel import Panel
from ._windows import Origins, before, spread

LEAST_CHANGE = 1e-3
"""Differences that are smaller than that share of the deviation are no measure of size."""
_ROWS_AT_ONCE = 20_000  # The windows of so many are in memory at once.


@dataclass(frozen=True, kw_only=True)
class LagFeatures:
    """The features of a step: values before the origin and a season before the step, means, the calendar.

    Args:
        seasons: The lengths of the seasons, in steps.
        recent: How many of the last values are features.
        lookback: The values that the mean and the spread of a window come from.
        repeats: How many seasons before the step are features, for each season.
        reference: The season whose value before the step is taken off the target; 0 for the last value instead.
        differenced: Whether a window is divided by the mean absolute difference of values a season apart, as MASE does,
            instead of its standard deviation.
    """

    seasons: tuple[int, ...]
    recent: int
    lookback: int
    repeats: int
    reference: int
    differenced: bool = False

    @property
    def needs(self) -> int:
        """The number of values before the origin that are looked at."""
        longest = max(self.seasons, default=1)
        return max(self.lookback, self.recent, longest * max(self.repeats, 2))

    def rows(self, panel: Panel, moments: Origins, steps: Indices) -> tuple[Singles, Floats, Floats]:
        """Return features, and what a target is relative to.

        Args:
            panel: The series.
            moments: The origin of each row.
            steps: The step of each row, from 1; shape `(origins,)`.

        Returns:
            The features, shape `(rows, features)`; what is taken off a target, and what it is divided by, shape
            `(rows,)` each.
        """
        parts = [
            self._part(panel, Origins(series=moments.series[part], steps=moments.steps[part]), steps[part])
            for start in range(0, max(len(steps), 1), _ROWS_AT_ONCE)
            for part in (slice(start, start + _ROWS_AT_ONCE),)
        ]
        features, references, scales = zip(*parts, strict=True)
        return np.concatenate(features), np.concatenate(references), np.concatenate(scales)

    def _part(self, panel: Panel, moments: Origins, steps: Indices) -> tuple[Singles, Floats, Floats]:
        windows = before(panel, moments, self.needs)
        window = windows[:, -self.lookback :]
        scale, middle = self._scale(windows), window.mean(axis=1)
        columns = [steps.astype(np.float64)]
        columns += list(((windows[:, -self.recent :] - middle[:, None]) / scale[:, None]).T)
        last = np.arange(len(windows))
        for season in self.seasons:
            ahead = (steps - 1) // season + 1  # Seasons back until the value is known.
            repeated = []
            for repeat in range(self.repeats):
                positions = windows.shape[1] - 1 + steps - season * (ahead + repeat)
                known = positions >= 0
                values = windows[last, np.maximum(positions, 0)]
                repeated.append(np.where(known, (values - middle) / scale, np.nan))
            columns += repeated
            if self.repeats > 1:
                columns.append(np.mean(repeated, axis=0))
            if windows.shape[1] >= 2 * season:  # Whether this season is higher than the one before it.
                columns.append(
                    (windows[:, -season:].mean(axis=1) - windows[:, -2 * season : -season].mean(axis=1)) / scale
                )
        for length in dict.fromkeys((*self.seasons, self.lookback)):
            part = windows[:, -length:]
            columns.append((part.mean(axis=1) - middle) / scale)
            columns.append(part.std(axis=1) / scale)
        columns.append(np.log(scale / (np.abs(middle) + scale)))
        positions = panel.starts[moments.series] + moments.steps + steps - 1
        columns += calendar(panel.frequency, positions, panel.columns.country)
        if panel.covariates:
            columns += list(panel.known_ahead(moments.series, moments.steps + steps - 1).T)
            columns += list(panel.past_covariates(moments.series, moments.steps - 1).T)
        reference = self._reference(windows, steps)
        return np.column_stack(columns).astype(np.float32), reference, scale

    def _scale(self, windows: Floats) -> Floats:
        wide = spread(windows[:, -self.lookback :])[:, 0]
        season = min(self.seasons, default=1)
        if not self.differenced or windows.shape[1] <= season:
            return wide
        changes = np.abs(windows[:, season:] - windows[:, :-season]).mean(axis=1)
        return np.asarray(np.where(changes > LEAST_CHANGE * wide, changes, wide))

    def _reference(self, windows: Floats, steps: Indices) -> Floats:
        if not self.reference:
            return np.asarray(windows[:, -1])
        back = self.reference * ((steps - 1) // self.reference + 1)
        return np.asarray(windows[np.arange(len(windows)), windows.shape[1] - 1 + steps - back])

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the features that `to_table` described."""
        return cls(**{**table, "seasons": tuple(table["seasons"])})
