"""Categories and their crosses as means of the target, out of fold on the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..core.schema import expect_range
from ._columns import choose, extended, find_levels, level_codes
from ._means import explained, out_of_fold_means
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class TargetMeans(Transformer):
    """Adds the mean of the target over the rows of the same level, or of the same levels of two columns."""

    def __init__(
        self,
        *,
        columns: Sequence[str] = ("category",),
        crosses: int = 0,
        replace: bool = False,
        smoothing: float = 10.0,
        folds: int = 5,
        outputs: int = 10,
        seed: int = 0,
    ) -> None:
        self.columns = list(columns)
        self.crosses = crosses
        self.replace = replace
        self.smoothing = smoothing
        self.folds = folds
        self.outputs = outputs
        self.seed = seed
        self.levels: dict[str, Any] = {}
        self.encodings: list[dict[str, Any]] = []
        self.prior: list[float] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the means, and return the rows with means of the rows in other folds."""
        chosen = choose(features, self.columns)
        if target is None or not chosen or len(features) < 2:
            return features
        most_varied = np.argsort(-target.var(axis=0), kind="stable")[: self.outputs]
        target = target[:, np.sort(most_varied)]
        self.prior = target.mean(axis=0).tolist()
        self.levels = {name: find_levels(features[name]) for name in chosen}
        codes = {name: level_codes(features[name], self.levels[name]) for name in chosen}
        fold = np.random.default_rng(self.seed).permutation(len(features)) % min(self.folds, len(features))
        made: dict[str, np.ndarray] = {}
        for pair in [(name,) for name in chosen] + self._best_crosses(codes, target, fold):
            keys, groups = np.unique(self._keys(codes, pair), return_inverse=True)
            means = out_of_fold_means(groups, target, fold, self.smoothing)
            made |= self._named(pair, means)
            rows = np.bincount(groups)[:, None]
            sums = np.stack([np.bincount(groups, values) for values in target.T], axis=1)
            smoothed = (sums + self.smoothing * np.array(self.prior)) / (rows + self.smoothing)
            self.encodings.append({"columns": list(pair), "keys": keys, "means": smoothed})
        return extended(features, made, chosen if self.replace else ())

    def _best_crosses(self, codes: dict[str, np.ndarray], target: np.ndarray, fold: np.ndarray) -> list[Any]:
        """Return the pairs of columns that explain most beyond their two columns, on a sample."""
        if not self.crosses:
            return []
        rows = slice(0, 10_000)
        single = {}
        for name, code in codes.items():
            single[name] = explained(out_of_fold_means(code[rows], target[rows], fold[rows], 10.0), target[rows])
        strongest = set(sorted(single, key=lambda name: -single[name])[:12])
        gains = {}
        for pair in combinations([name for name in codes if name in strongest], 2):
            groups = np.unique(self._keys(codes, pair)[rows], return_inverse=True)[1]
            share = explained(out_of_fold_means(groups, target[rows], fold[rows], 10.0), target[rows])
            gains[pair] = share - max(single[pair[0]], single[pair[1]])
        best = sorted(gains, key=lambda pair: -gains[pair])[: self.crosses]
        return [pair for pair in best if gains[pair] > 0]

    def _keys(self, codes: dict[str, np.ndarray], pair: Sequence[str]) -> np.ndarray:
        """Return a whole number for each row that tells the levels apart; shape `(rows,)`."""
        keys = codes[pair[0]]
        for name in pair[1:]:
            keys = keys * (len(self.levels[name]) + 1) + codes[name]
        return keys

    def names_of(self, pair: Sequence[str]) -> list[str]:
        """Return the names of the columns that are made of one or two columns."""
        title, outputs = " × ".join(pair), len(self.prior)
        if outputs == 1:
            return [f"{title} (mean of target)"]
        return [f"{title} (mean of target {output + 1})" for output in range(outputs)]

    def _named(self, pair: Sequence[str], means: np.ndarray) -> dict[str, np.ndarray]:
        return dict(zip(self.names_of(pair), means.T, strict=True))

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with the means of all training rows; the mean of the target where a level is unseen."""
        if not self.encodings:
            return features
        codes = {name: level_codes(features[name], levels) for name, levels in self.levels.items()}
        made: dict[str, np.ndarray] = {}
        for encoding in self.encodings:
            keys = self._keys(codes, encoding["columns"])
            position = np.minimum(np.searchsorted(encoding["keys"], keys), len(encoding["keys"]) - 1)
            seen = encoding["keys"][position] == keys
            made |= self._named(
                encoding["columns"], np.where(seen[:, None], encoding["means"][position], np.array(self.prior))
            )
        return extended(features, made, list(self.levels) if self.replace else ())


@dataclass(frozen=True, kw_only=True)
class TargetMeansStep(Step):
    """Adds target encodings of columns and of pairs of columns (Micci-Barreca 2001), out of fold.

    Args:
        columns: Which; a number is divided into bins.
        crosses: The largest number of pairs, those that explain most beyond their columns.
        replace: Whether the columns are dropped.
        smoothing: The number of rows with the mean of all that are added to each level.
        folds: A training row is encoded by the rows of the other folds.
        outputs: The largest number of classes that are encoded, those of the largest variance.
        seed: The seed of the folds.
    """

    transformer: ClassVar = TargetMeans
    functions: ClassVar = (choose, extended, find_levels, level_codes, out_of_fold_means, explained)
    onnx_obstacle: ClassVar = ""
    uses_target: ClassVar = True

    columns: tuple[str, ...] = ("category",)
    crosses: int = 0
    replace: bool = False
    smoothing: float = 10.0
    folds: int = 5
    outputs: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        expect_range(self, "crosses", 0)
        expect_range(self, "smoothing", 0, above=True)
        expect_range(self, "folds", 2)
        expect_range(self, "outputs", 1)
