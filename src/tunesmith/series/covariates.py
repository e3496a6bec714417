"""The columns beside the target of time series: read as numbers, on the grid, and what is known of them ahead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..core.arrays import Floats, Indices
from ..data.schema import Schema

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Covariates:
    """How the columns beside the target are read.

    Categories become the number of their level, the most frequent first; text is left out.

    Args:
        schema: The columns.
        known: The names of those that are known ahead.
        static: The names of those among them that never change within a series.
        settled: Whether that is all that is known ahead; otherwise those are, too, that never change within a series,
            or have values after the last one of a series.
    """

    schema: Schema
    known: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    settled: bool = False

    @classmethod
    def infer(cls, frame: pd.DataFrame, names: Sequence[str], known: Collection[str], *, decimal: str = ".") -> Self:
        """Return how columns are read.

        Args:
            frame: The table.
            names: The columns.
            known: Those that the user says are known ahead.
            decimal: The decimal mark of numbers in text, where their values allow two.
        """
        schema = Schema.infer(frame, ignore=[name for name in frame.columns if name not in names], decimal=decimal)
        usable = tuple(column for column in schema.columns if column.kind in ("number", "category"))
        return cls(schema=Schema(columns=usable), known=tuple(name for name in known if name in names))

    def absent(self, frame: pd.DataFrame) -> list[str]:
        """Return the names of the columns that a table lacks."""
        return [column.name for column in self.schema.columns if column.name not in frame.columns]

    def read(self, frame: pd.DataFrame) -> dict[str, Floats]:
        """Return the values of each column as numbers, NaN where missing; shape `(rows,)` each."""
        values: dict[str, Floats] = {}
        for column in self.schema.columns:
            if column.name not in frame.columns:
                values[column.name] = np.full(len(frame), np.nan)
                continue
            read = column.read(frame[column.name])
            if column.kind == "category":
                codes = read.cat.codes.to_numpy().astype(np.float64)
                values[column.name] = np.where(codes < 0, np.nan, codes)
            else:
                values[column.name] = read.to_numpy(dtype=np.float64)
        return values

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"columns": self.schema.to_table(), "known": list(self.known), "static": list(self.static)}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the covariates that `to_table` described, settled."""
        return cls(
            schema=Schema.from_table(table["columns"]),
            known=tuple(table["known"]),
            static=tuple(table["static"]),
            settled=True,
        )


def on_grid(values: Floats, places: Indices, total: int) -> Floats:
    """Return the mean of the values at each place, NaN where there is none; shape `(total,)`.

    Args:
        values: NaN where missing, shape `(rows,)`.
        places: The place of each, below `total`; shape `(rows,)`.
        total: The number of places.
    """
    there = np.isfinite(values)
    counts = np.bincount(places[there], minlength=total)
    sums = np.bincount(places[there], weights=values[there], minlength=total)
    return np.asarray(np.divide(sums, counts, out=np.full(total, np.nan), where=counts > 0))
