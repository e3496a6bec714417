"""Rare levels of a category as one level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..core.schema import expect_range
from ._columns import choose
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class RareLevels(Transformer):
    """Merges levels with few rows; unseen ones too, but missing values stay missing."""

    def __init__(self, *, columns: Sequence[str] = ("category",), least_rows: int = 10, most: int = 1000) -> None:
        self.columns = list(columns)
        self.least_rows = least_rows
        self.most = most
        self.kept: dict[str, list[str]] = {}

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the frequent levels, and return the rows with them."""
        for name in choose(features, self.columns):
            if features[name].dtype.kind == "O" and hasattr(features[name], "cat"):
                counts = features[name].value_counts()
                frequent = counts[counts >= self.least_rows].index[: self.most]
                if len(frequent) < len(counts):
                    self.kept[name] = [str(level) for level in frequent]
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with rare levels merged."""
        import pandas as pd

        merged = {}
        for name, kept in self.kept.items():
            values = features[name]
            title = "(rare)"
            while title in kept:
                title += "*"
            codes = values.cat.set_categories(kept).cat.codes.to_numpy()
            codes = np.where((codes < 0) & values.notna().to_numpy(), len(kept), codes)
            merged[name] = pd.Categorical.from_codes(codes, categories=[*kept, title])
        return features.assign(**merged) if merged else features


@dataclass(frozen=True, kw_only=True)
class RareLevelsStep(Step):
    """Merges rare levels of categories into one level.

    Args:
        columns: Which.
        least_rows: The number of training rows that keeps a level.
        most: The largest number of levels that are kept, the most frequent.
    """

    transformer: ClassVar = RareLevels

    columns: tuple[str, ...] = ("category",)
    least_rows: int = 10
    most: int = 1000

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        expect_range(self, "least_rows", 1)
        expect_range(self, "most", 1)
