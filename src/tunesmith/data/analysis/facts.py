"""The facts of each column: its kind, what is missing, how many values, which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ...text.cleaning import short, valid
from ..column import Column

if TYPE_CHECKING:
    import pandas as pd

    from .sample import Sample

_MOST_TOP = 5
_LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class ColumnFacts:
    """What is known about one column, from the rows that were looked at.

    Args:
        name: Its name.
        kind: How it is read: `number`, `category`, `date` or `text`.
        missing: The share of rows without a value.
        distinct: The number of distinct values.
        least: The smallest number, or the earliest date in ISO 8601; None for words.
        median: The median number; None for all else.
        greatest: The greatest number or the latest date; None for words.
        top: The most frequent values as text, with their share of the rows, the most frequent first; empty where
            almost every value is different.
    """

    name: str
    kind: str
    missing: float
    distinct: int
    least: float | str | None = None
    median: float | None = None
    greatest: float | str | None = None
    top: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, column: Column, values: pd.Series) -> Self:
        """Return the facts of a column.

        Args:
            column: How it is read.
            values: Its values, as the schema reads them.
        """
        known = values.dropna()
        counts = known.value_counts()
        counts = counts[counts > 0]
        top = counts.iloc[:_MOST_TOP] if len(counts) <= max(len(known) // 2, 2) else counts.iloc[:0]
        bounds: dict[str, Any] = {}
        if column.kind == "number" and len(known):
            numbers = known.to_numpy(dtype=np.float64)
            bounds = {"least": numbers.min(), "median": np.median(numbers), "greatest": numbers.max()}
            bounds = {name: float(bound) for name, bound in bounds.items()}
        elif column.kind == "date" and len(known):
            bounds = {"least": _iso(known.min()), "greatest": _iso(known.max())}
        return cls(
            name=valid(column.name),
            kind=column.kind,
            missing=float(1 - len(known) / len(values)) if len(values) else 0.0,
            distinct=len(counts),
            top=tuple((_shown(value, column.kind), float(count / len(values))) for value, count in top.items()),
            **bounds,
        )

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**asdict(self), "top": [list(pair) for pair in self.top]}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the facts that `to_table` described."""
        return cls(**{**table, "top": tuple((text, share) for text, share in table["top"])})


def column_facts(sample: Sample) -> tuple[ColumnFacts, ...]:
    """Return the facts of each column, in the order of the table."""
    return tuple(ColumnFacts.of(column, sample.features[column.name]) for column in sample.schema.columns)


def _iso(moment: Any) -> str:
    return str(moment.isoformat())


def _shown(value: Any, kind: str) -> str:
    text = f"{value:g}" if kind == "number" else _iso(value) if kind == "date" else str(value)
    return valid(short(text, _LONGEST))
