"""Columns as one array of numbers for trees: categories become codes, missing values NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..core.arrays import Singles

if TYPE_CHECKING:
    import pandas as pd


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

    def transform(self, features: pd.DataFrame) -> Singles:
        """Return the columns encoded."""
        encoded = np.empty((len(features), len(self.columns)), dtype=np.float32)
        for index, name in enumerate(self.columns):
            if name in self.categories:
                codes = features[name].cat.codes.to_numpy()
                encoded[:, index] = np.where(codes < 0, np.nan, codes)
            else:
                encoded[:, index] = features[name].to_numpy()
        return encoded

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"columns": list(self.columns), "categories": {name: list(c) for name, c in self.categories.items()}}
