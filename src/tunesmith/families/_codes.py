"""Columns as one array of numbers for trees: categories become codes, missing values NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import orjson

from ..core.arrays import Singles

if TYPE_CHECKING:
    import pandas as pd

_FILE = "codes.json"
_MOST_LEVELS = 1000
_OFTEN_MISSING = 0.02  # Of the rows; then a single cut tells missing from known values.
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True)
class ColumnCodes:
    """Encodes numbers and categories as float32, shape `(rows, columns)`.

    Args:
        columns: The names of the columns.
        categories: The categories of each column that is not numeric; the code is the position.
    """

    columns: Sequence[str]
    categories: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, features: pd.DataFrame) -> Self:
        """Return the encoding of numbers and categories."""
        names = [str(name) for name in features.columns]
        return cls(
            columns=names,
            categories={n: list(features[n].cat.categories) for n in names if features[n].dtype.kind == "O"},
        )

    @property
    def categorical(self) -> list[int]:
        """The positions of the columns that hold codes."""
        return [index for index, name in enumerate(self.columns) if name in self.categories]

    def unordered(self, most_levels: int = _MOST_LEVELS) -> list[int]:
        """Return the positions of the columns whose codes a booster should treat as a set of levels.

        Columns with more levels are left to cuts: their codes are ordered by frequency.
        """
        return [index for index in self.categorical if len(self.categories[self.columns[index]]) <= most_levels]

    def transform(self, features: pd.DataFrame) -> Singles:
        """Return the columns encoded; numbers beyond single precision become its largest."""
        encoded = np.empty((len(features), len(self.columns)), dtype=np.float32)
        for index, name in enumerate(self.columns):
            if name in self.categories:
                codes = codes_of(features[name], self.categories[name])
                encoded[:, index] = np.where(codes < 0, np.nan, codes)
            else:
                encoded[:, index] = np.clip(features[name].to_numpy(dtype=np.float64), -LARGEST, LARGEST)
        return encoded

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"columns": list(self.columns), "categories": {name: list(c) for name, c in self.categories.items()}}

    def save(self, folder: Path, **facts: Any) -> None:
        """Write it to the folder of a model, with further facts about the model, as JSON."""
        (folder / _FILE).write_bytes(orjson.dumps({**self.to_table(), **facts}))

    @classmethod
    def load(cls, folder: Path) -> tuple[Self, dict[str, Any]]:
        """Return what `save` wrote: the encoding, and the further facts."""
        facts = orjson.loads((folder / _FILE).read_bytes())
        return cls(columns=facts.pop("columns"), categories=facts.pop("categories")), facts


def codes_of(values: pd.Series, categories: Sequence[str]) -> np.ndarray:
    """Return the positions of a column's values among categories, -1 where missing or none of them."""
    held = values.array  # Faster than `values.cat`, which counts where rows are few.
    if len(held.categories) != len(categories) or list(held.categories) != list(categories):
        held = held.set_categories(list(categories))
    codes: np.ndarray = held.codes
    return codes


def gap_fills(encoded: Singles, codes: ColumnCodes) -> Singles:
    """Return what replaces missing values: a code of its own for categories, and for numbers the median.

    Where numbers are often missing, it is one below the least of them, so that a cut can tell them apart.
    """
    fills = np.full(encoded.shape[1], -1.0, dtype=np.float32)
    for index in set(range(encoded.shape[1])) - set(codes.categorical):
        known = encoded[:, index][~np.isnan(encoded[:, index])]
        if not len(known):
            continue
        least, most = float(known.min()), float(known.max())
        often = len(known) < (1 - _OFTEN_MISSING) * len(encoded)
        fills[index] = max(-LARGEST, least - max(1.0, (most - least) / 10)) if often else np.median(known)
    return fills


def fill_gaps(encoded: Singles, fills: Singles) -> Singles:
    """Return the columns with what replaces their missing values."""
    filled: Singles = np.where(np.isnan(encoded), fills, encoded)
    return filled
