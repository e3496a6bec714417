"""Pairs of categories as categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..core.schema import expect_range
from ._columns import choose, find_levels, level_codes
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class Crosses(Transformer):
    """Adds a category for each combination of levels of two columns."""

    def __init__(self, *, columns: Sequence[str] = ("category",), most: int = 10, least_rows: int = 5) -> None:
        self.columns = list(columns)
        self.most = most
        self.least_rows = least_rows
        self.levels: dict[str, Any] = {}
        self.kept: list[dict[str, Any]] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the combinations that occur often enough, and return the rows with them."""
        chosen = [name for name in choose(features, self.columns) if features[name].dtype.kind in "Of"]
        self.levels = {name: find_levels(features[name]) for name in chosen}
        codes = {name: level_codes(features[name], self.levels[name]) for name in chosen}
        for left, right in list(combinations(chosen, 2))[: self.most]:
            keys = codes[left] * (len(self.levels[right]) + 1) + codes[right]
            frequent, counts = np.unique(keys, return_counts=True)
            self.kept.append({"columns": [left, right], "keys": frequent[counts >= self.least_rows]})
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with the combinations; a rare one is missing."""
        import pandas as pd

        made = {}
        for cross in self.kept:
            (left, right), kept = cross["columns"], cross["keys"]
            width = len(self.levels[right]) + 1
            keys = level_codes(features[left], self.levels[left]) * width
            keys = keys + level_codes(features[right], self.levels[right])
            position = np.searchsorted(kept, keys).clip(max=max(len(kept) - 1, 0))
            codes = np.where(kept[position] == keys, position, -1) if len(kept) else np.full(len(keys), -1)
            names = [f"{key // width} × {key % width}" for key in kept.tolist()]
            made[f"{left} × {right}"] = pd.Categorical.from_codes(codes, categories=names)
        return features.assign(**made) if made else features


@dataclass(frozen=True, kw_only=True)
class CrossesStep(Step):
    """Adds the combinations of levels of two columns as a category.

    Args:
        columns: Which; a number is divided into bins. Pairs are taken in the order of the columns.
        most: The largest number of pairs.
        least_rows: A combination with fewer rows is missing.
    """

    transformer: ClassVar = Crosses
    functions: ClassVar = (choose, find_levels, level_codes)

    columns: tuple[str, ...] = ("category",)
    most: int = 10
    least_rows: int = 5

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        expect_range(self, "most", 1)
        expect_range(self, "least_rows", 1)
