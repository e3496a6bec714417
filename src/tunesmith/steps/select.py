"""The columns that say most about the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..core.schema import expect_range
from ._columns import choose, find_levels, level_codes
from ._means import explained, out_of_fold_means
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class Select(Transformer):
    """Keeps the columns whose levels or bins explain most of the target, out of fold."""

    def __init__(
        self, *, columns: Sequence[str] = ("number", "category"), most: int = 200, rows: int = 10_000, seed: int = 0
    ) -> None:
        self.columns = list(columns)
        self.most = most
        self.rows = rows
        self.seed = seed
        self.dropped: list[str] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the columns, and return the rows with them."""
        chosen = choose(features, self.columns)
        if target is None or len(chosen) <= self.most or len(features) < 20:
            return features
        rows = np.random.default_rng(self.seed).permutation(len(features))[: self.rows]
        sample, fold = features.iloc[rows], np.arange(len(rows)) % 5
        shares = {}
        for name in chosen:
            codes = level_codes(sample[name], find_levels(sample[name], most=16))
            shares[name] = explained(out_of_fold_means(codes, target[rows], fold, 10.0), target[rows])
        ranked = sorted(chosen, key=lambda name: -shares[name])
        kept = set(ranked[: self.most])
        self.dropped = [name for name in chosen if name not in kept]
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with the columns that are kept."""
        return features.drop(columns=self.dropped) if self.dropped else features


@dataclass(frozen=True, kw_only=True)
class SelectStep(Step):
    """Keeps the columns that explain most of the target, each alone, for tables with very many.

    Args:
        columns: Which compete; all others stay.
        most: The number of columns that are kept.
        rows: The largest number of rows that decide.
        seed: The seed of the sample.
    """

    transformer: ClassVar = Select
    functions: ClassVar = (choose, find_levels, level_codes, out_of_fold_means, explained)
    onnx_obstacle: ClassVar = ""
    uses_target: ClassVar = True

    columns: tuple[str, ...] = ("number", "category")
    most: int = 200
    rows: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        expect_range(self, "most", 1)
        expect_range(self, "rows", 20)
