"""Many time series on one grid, in one array."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import orjson

from ..core.arrays import Flags, Floats, Indices
from ..data.findings import Finding
from .columns import SeriesColumns
from .frequency import Frequency

_MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Time series whose stamps lie on one grid, each without gaps.

    Args:
        columns: The columns of the table that they come from.
        names: The name of each series, a single one may be "".
        frequency: The grid.
        seasons: The lengths of their seasons, in steps, the most important first; empty if there is none.
        starts: The position of the first value of each, shape `(series,)`.
        offsets: Where the values of each begin in `values`, shape `(series,)`.
        lengths: The number of values of each, shape `(series,)`.
        values: The values of one series after the other, where one is missing an interpolated one.
        observed: Which of the values were there; None if all.
        covariates: What else is known at the time of each value, NaN where missing; by name, shape `(values,)`.
        future: Of those that are known ahead, what comes after the last values; shape `(series, steps, known)`.
        ahead: For how many steps each of these is there after the end of most series; empty if `future` is None.
        findings: What was noticed in preparing them.
        source: What they were made from: a fingerprint of the data, and the options.
        stored: How many values of each lie in `values`, if some of them are after `lengths`; None if none are.
        keys: What tells each series from others, one text for each of `columns.keys`; empty if that is its name.
    """

    columns: SeriesColumns
    names: tuple[str, ...]
    frequency: Frequency
    seasons: tuple[int, ...]
    starts: Indices
    offsets: Indices
    lengths: Indices
    values: Floats
    observed: Flags | None = None
    covariates: Mapping[str, Floats] = field(default_factory=dict)
    future: Floats | None = None
    ahead: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    stored: Indices | None = None
    keys: tuple[tuple[str, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def target(self) -> str:
        """The names of the columns with values."""
        return " and ".join(self.columns.targets)

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the covariates that are known ahead."""
        return () if self.columns.covariates is None else self.columns.covariates.known

    @property
    def season(self) -> int:
        """The length of the most important season, 1 if there is none."""
        return self.seasons[0] if self.seasons else 1

    def history(self, index: int) -> Floats:
        """Return the values of a series, shape `(length,)`; none of them knows a later one.

        Missing values at the end are the last one that was there, as interpolation would have used later ones.
        """
        part = slice(self.offsets[index], self.offsets[index] + self.lengths[index])
        values = self.values[part]
        if self.observed is None or self.observed[part][-1]:
            return values
        last = int(np.flatnonzero(self.observed[part])[-1])  # The first one is always there.
        return np.concatenate([values[: last + 1], np.full(len(values) - last - 1, values[last])])

    def known_values(self, index: int) -> Floats:
        """Return the values of a series with NaN where one is missing, shape `(length,)`."""
        part = slice(self.offsets[index], self.offsets[index] + self.lengths[index])
        return self.values[part] if self.observed is None else np.where(self.observed[part], self.values[part], np.nan)

    def extremes(self) -> tuple[Floats, Floats]:
        """Return the least and the greatest value of each series, shape `(series,)` each."""
        bounds = [(history.min(), history.max()) for history in map(self.history, range(len(self)))]
        least, greatest = np.array(bounds, dtype=np.float64).T
        return least, greatest

    def sample(self, most: int, least: int) -> Indices:
        """Return the numbers of some series, evenly spaced.

        Args:
            most: How many.
            least: The least number of values of each.
        """
        long = np.flatnonzero(self.lengths >= least)
        return np.asarray(long[np.unique(np.linspace(0, len(long) - 1, min(most, len(long))).astype(int))])

    def last_observed(self, places: Indices) -> Indices:
        """Return the places of the last values that were there, at or before some places in `values`.

        Models must not see interpolated values after them: those know the value that ends the gap.
        """
        if self.observed is None:
            return places
        there = np.flatnonzero(self.observed)
        return np.asarray(there[np.searchsorted(there, places, side="right") - 1])

    def past_covariates(self, series: Indices, steps: Indices) -> Floats:
        """Return the covariates that are not known ahead, shape `(rows, covariates)`.

        Args:
            series: The number of the series of each row.
            steps: The step of each row, from 0, within the series.
        """
        names = [name for name in self.covariates if name not in self.known]
        places = self.offsets[series] + steps
        return (
            np.column_stack([self.covariates[name][places] for name in names]) if names else np.empty((len(steps), 0))
        )

    def select(self, series: Indices, lengths: Indices | None = None) -> Self:
        """Return some of the series, or the first values of each; values are shared.

        Args:
            series: The numbers of the series.
            lengths: How many values of each are kept; all by default.
        """
        return replace(
            self,
            names=tuple(self.names[index] for index in series),
            starts=self.starts[series],
            offsets=self.offsets[series],
            lengths=self.lengths[series] if lengths is None else np.asarray(lengths, dtype=np.intp),
            stored=(self.lengths if self.stored is None else self.stored)[series],
            future=None if self.future is None else self.future[series],
            keys=tuple(self.keys[index] for index in series) if self.keys else (),
        )

    def known_ahead(self, series: Indices, steps: Indices) -> Floats:
        """Return the covariates that are known ahead, shape `(rows, known)`.

        After the last step for which they are known, the last value stands. So it does in a backtest, whose windows see
        them for as many steps as are known after the end.

        Args:
            series: The number of the series of each row.
            steps: The step of each row, from 0; also one after the end of the series.
        """
        stored = (self.lengths if self.stored is None else self.stored)[series]
        static = () if self.columns.covariates is None else self.columns.covariates.static
        columns = []
        for place, name in enumerate(self.known):
            if name in static:
                columns.append(self.covariates[name][self.offsets[series]])
                continue
            reached = self._reached(series, steps, stored, place)
            column = np.array(self.covariates[name][self.offsets[series] + np.minimum(reached, stored - 1)])
            if self.future is not None:
                later = np.flatnonzero(reached >= stored)
                after = np.minimum(reached[later] - stored[later], self.future.shape[1] - 1)
                column[later] = self.future[series[later], after, place]
            columns.append(column)
        return np.column_stack(columns) if columns else np.empty((len(steps), 0))

    def _reached(self, series: Indices, steps: Indices, stored: Indices, place: int) -> Indices:
        """Return the steps whose value of a covariate is known: of a window, as many as after the end of the series."""
        if not self.ahead:
            return steps
        ends = self.lengths[series]
        return np.where(ends < stored, np.minimum(steps, ends - 1 + self.ahead[place]), steps)

    def last_known(self) -> Floats:
        """Return the last values of the covariates that are known ahead, NaN where none is; shape `(series, known)`."""
        result = np.full((len(self), len(self.known)), np.nan)
        for column, name in enumerate(self.known):
            there = np.flatnonzero(np.isfinite(self.covariates[name]))
            firsts, ends = (np.searchsorted(there, self.offsets + added) for added in (0, self.lengths))
            some = ends > firsts
            result[some, column] = self.covariates[name][there[ends[some] - 1]]
        return result

    def stamps(self, index: int, first: int, count: int) -> np.ndarray:
        """Return the stamps of some steps of a series, which may lie after its end.

        Args:
            index: The number of the series.
            first: The first step, from 0.
            count: How many.
        """
        return self.frequency.stamps(self.starts[index] + np.arange(first, first + count))

    def save(self, folder: Path) -> None:
        """Write it to a folder, which must not exist; without pickle."""
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name in ("starts", "offsets", "lengths", "values", "observed", "future"):
            array = getattr(self, name)
            if array is not None:
                np.save(partial / f"{name}.npy", array)
        if self.covariates:
            np.save(partial / "covariates.npy", np.array(list(self.covariates.values())))
        manifest = {
            "columns": self.columns.to_table(),
            "names": list(self.names),
            "keys": [list(key) for key in self.keys],
            "frequency": self.frequency.to_table(),
            "seasons": list(self.seasons),
            "covariates": list(self.covariates),
            "findings": [finding.to_table() for finding in self.findings],
            "source": dict(self.source),
            "ahead": list(self.ahead),
        }
        (partial / _MANIFEST).write_bytes(orjson.dumps(manifest))
        partial.rename(folder)

    @staticmethod
    def add_findings(folder: Path, findings: Sequence[Finding]) -> None:
        """Add findings to those of the panel in a folder."""
        path = folder / _MANIFEST
        manifest = orjson.loads(path.read_bytes())
        manifest["findings"] += [finding.to_table() for finding in findings]
        partial = path.with_suffix(".partial")
        partial.write_bytes(orjson.dumps(manifest))
        partial.replace(path)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the panel that `save` wrote; its values are mapped, not copied."""
        manifest = orjson.loads((folder / _MANIFEST).read_bytes())
        mapped = {
            name: np.load(path, mmap_mode="r")
            for name in ("observed", "covariates", "future")
            if (path := folder / f"{name}.npy").exists()
        }
        return cls(
            columns=SeriesColumns.from_table(manifest["columns"]),
            names=tuple(manifest["names"]),
            keys=tuple(map(tuple, manifest["keys"])),
            frequency=Frequency.from_table(manifest["frequency"]),
            seasons=tuple(manifest["seasons"]),
            starts=np.load(folder / "starts.npy"),
            offsets=np.load(folder / "offsets.npy"),
            lengths=np.load(folder / "lengths.npy"),
            values=np.load(folder / "values.npy", mmap_mode="r"),
            observed=mapped.get("observed"),
            covariates=dict(zip(manifest["covariates"], mapped.get("covariates", ()), strict=True)),
            future=mapped.get("future"),
            ahead=tuple(manifest.get("ahead", ())),
            findings=tuple(map(Finding.from_table, manifest["findings"])),
            source=manifest["source"],
        )
