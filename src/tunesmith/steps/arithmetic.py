"""Differences, ratios, products and sums of pairs of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..core.schema import expect_range
from ..core.values import shown
from ..errors import InputError
from ._columns import choose, extended
from .base import Step, Transformer, names

if TYPE_CHECKING:
    import pandas as pd


def calculate(left: np.ndarray, operator: str, right: np.ndarray) -> np.ndarray:
    """Return the result of an operator on two columns, NaN where it is not finite."""
    with np.errstate(all="ignore"):
        if operator == "-":
            result = left - right
        elif operator == "+":
            result = left + right
        elif operator == "*":
            result = left * right
        else:
            result = left / right
    return np.where(np.isfinite(result), result, np.nan)


def binned_residuals(values: np.ndarray, residuals: np.ndarray, bins: int = 16) -> float:
    """Return the share of the residuals' variance between bins of a column, less what chance explains."""
    known = np.isfinite(values)
    if known.sum() < 20 * bins:
        return 0.0
    order = np.argsort(values[known], kind="stable")
    parts = np.array_split(residuals[known][order], bins)
    total = residuals.var(axis=0)
    between = sum(len(part) * (part.mean(axis=0) - residuals.mean(axis=0)) ** 2 for part in parts) / len(residuals)
    shares = between[total > 0] / total[total > 0] - bins / len(residuals)
    return float(shares.mean()) if len(shares) else 0.0


class Arithmetic(Transformer):
    """Adds results of arithmetic on pairs of numbers."""

    operators = "-/*+"

    def __init__(
        self, *, columns: Sequence[str] = ("number",), pairs: Sequence[str] = (), most: int = 10, seed: int = 0
    ) -> None:
        self.columns = list(columns)
        self.pairs = list(pairs)
        self.most = most
        self.seed = seed
        self.chosen: list[tuple[str, str, str]] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Choose the pairs, and return the rows with their results."""
        numbers = [name for name in choose(features, self.columns) if features[name].dtype.kind == "f"]
        if self.pairs:
            self.chosen = [self._parsed(pair, numbers) for pair in self.pairs]
        elif target is not None and len(numbers) > 1 and len(features) >= 500:
            continuous = [name for name in numbers if features[name].nunique() >= 20]  # Fewer may be codes.
            self.chosen = self._screened(features[continuous], target) if len(continuous) > 1 else []
        return self.transform(features)

    def _parsed(self, pair: str, numbers: Sequence[str]) -> tuple[str, str, str]:
        """Return a pair such as `debt / income` as column, operator and column."""
        for operator in self.operators:
            for left in numbers:
                right = pair.removeprefix(f"{left} {operator} ")
                if right != pair and right in numbers:
                    return left, operator, right
        raise ValueError(f"a pair must be two numbers of the table, as in 'debt / income', got '{pair}'")

    def _screened(self, features: pd.DataFrame, target: np.ndarray) -> list[tuple[str, str, str]]:
        """Return the pairs that best explain what a quick forest of the columns leaves, on a sample."""
        from sklearn.ensemble import ExtraTreesRegressor

        rows = np.random.default_rng(self.seed).permutation(len(features))[:4000]
        values, target = features.to_numpy(dtype="float64")[rows], target[rows]
        filled = np.where(np.isnan(values), np.nanmedian(values, axis=0), values)
        filled = np.nan_to_num(filled)
        forest = ExtraTreesRegressor(
            30, min_samples_leaf=10, bootstrap=True, oob_score=True, random_state=self.seed, n_jobs=1
        )
        forest.fit(filled, target[:, 0] if target.shape[1] == 1 else target)
        residuals = target - forest.oob_prediction_.reshape(target.shape)
        strongest = np.argsort(-forest.feature_importances_, kind="stable")[:15]
        scores = {}
        for i, j in combinations(np.sort(strongest), 2):
            for operator in self.operators:
                left, right = features.columns[[i, j]]
                result = calculate(values[:, i], operator, values[:, j])
                scores[left, operator, right] = binned_residuals(result, residuals)
        best = sorted(scores, key=lambda pair: -scores[pair])[: self.most]
        return [pair for pair in best if scores[pair] > 0.002]

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with the results."""
        made = {}
        for left, operator, right in self.chosen:
            values = calculate(features[left].to_numpy(), operator, features[right].to_numpy())
            made[f"{left} {operator} {right}"] = values
        return extended(features, made)


@dataclass(frozen=True, kw_only=True)
class ArithmeticStep(Step):
    """Adds differences, ratios, products and sums of pairs of numbers.

    Args:
        columns: Which numbers.
        pairs: The results to add, such as `debt / income`. By default they are chosen: those that best explain what a
            small forest of the columns leaves, out of bag.
        most: The largest number of pairs that are chosen.
        seed: The seed of the forest.
    """

    transformer: ClassVar = Arithmetic
    functions: ClassVar = (choose, extended, calculate, binned_residuals)
    onnx_obstacle: ClassVar = ""
    uses_target: ClassVar = True

    columns: tuple[str, ...] = ("number",)
    pairs: tuple[str, ...] = ()
    most: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range, or a pair has no operator.
        """
        super().__post_init__()
        object.__setattr__(self, "pairs", names("pairs", self.pairs))
        for pair in self.pairs:
            if not any(f" {operator} " in pair for operator in Arithmetic.operators):
                raise InputError(f"a pair must be as in 'debt / income', got {shown(pair)}.", keys=("pairs",))
        expect_range(self, "most", 1)
