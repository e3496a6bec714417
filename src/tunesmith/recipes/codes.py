"""Columns as one array of numbers for trees: categories become codes, missing values NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..core.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd

_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class ColumnCodes:
    """Encodes a table as float32, shape `(rows, columns)`.

    Numbers and booleans stay, dates become days, and all else becomes the code of its category, in order of frequency;
    a category that the training rows lack is missing.

    Args:
        columns: The names of the columns.
        categories: The categories of each column that is not numeric, the most frequent first.
    """

    columns: Sequence[str]
    categories: Mapping[str, Sequence[str]]

    @classmethod
    def fit(cls, frame: pd.DataFrame) -> Self:
        """Return the encoding of a table."""
        categories = {
            str(name): [str(value) for value in frame[name].dropna().astype(str).value_counts().index]
            for name in frame.columns
            if not is_numeric(frame[name])
        }
        return cls(columns=[str(name) for name in frame.columns], categories=categories)

    @property
    def categorical(self) -> list[int]:
        """The positions of the columns that hold codes."""
        return [index for index, name in enumerate(self.columns) if name in self.categories]

    def transform(self, frame: pd.DataFrame) -> Floats:
        """Return the table encoded; a column that is not there is missing everywhere."""
        encoded = np.full((len(frame), len(self.columns)), np.nan, dtype=np.float32)
        for index, name in enumerate(self.columns):
            if name not in frame.columns:
                continue
            if name in self.categories:
                codes = {category: float(code) for code, category in enumerate(self.categories[name])}
                column = frame[name]
                encoded[:, index] = column.astype(str).map(codes).where(column.notna()).to_numpy(dtype=np.float32)
            else:
                encoded[:, index] = numbers(frame[name])
        return encoded

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"columns": list(self.columns), "categories": {name: list(c) for name, c in self.categories.items()}}


def is_numeric(column: pd.Series) -> bool:
    """Whether a column holds numbers, booleans or dates."""
    return column.dtype.kind in "biufM"


def numbers(column: pd.Series) -> Floats:
    """Return a column as numbers, shape `(rows,)`; text that is no number, and infinity, are missing."""
    import pandas as pd

    if column.dtype.kind == "M":
        days = column.to_numpy(dtype="datetime64[s]").astype(np.float64) / _SECONDS_PER_DAY
        days[column.isna().to_numpy()] = np.nan
        return days
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)
