"""Numbers compared with the rows of the same category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..core.schema import expect_range
from ._columns import choose, extended, find_levels, level_codes
from .base import Step, Transformer, names, one_of

if TYPE_CHECKING:
    import pandas as pd


class GroupStatistics(Transformer):
    """Adds means of numbers over the rows of a category, and differences and ratios to them."""

    def __init__(
        self,
        *,
        columns: Sequence[str] = ("number",),
        by: Sequence[str] = ("category",),
        statistics: Sequence[str] = ("mean", "difference"),
        most: int = 20,
    ) -> None:
        self.columns = list(columns)
        self.by = list(by)
        self.statistics = list(statistics)
        self.most = most
        self.levels: dict[str, Any] = {}
        self.means: list[dict[str, Any]] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the means, and return the rows with statistics."""
        numbers = [name for name in choose(features, self.columns) if features[name].dtype.kind == "f"]
        groups = [name for name in choose(features, self.by) if features[name].dtype.kind in "Of"]
        pairs = [(number, group) for number, group in product(numbers, groups) if number != group][: self.most]
        self.levels = {group: find_levels(features[group]) for _, group in pairs}
        codes = {group: level_codes(features[group], self.levels[group]) for group in self.levels}
        for number, group in pairs:
            values = features[number].to_numpy()
            known = ~np.isnan(values)
            size = len(self.levels[group]) + 1
            rows = np.bincount(codes[group][known], minlength=size)
            sums = np.bincount(codes[group][known], values[known], size)
            overall = values[known].mean() if known.any() else np.nan
            means = np.where(rows > 0, sums / np.maximum(rows, 1), overall)
            self.means.append({"number": number, "group": group, "means": means})
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with statistics."""
        codes = {group: level_codes(features[group], levels) for group, levels in self.levels.items()}
        made = {}
        for row in self.means:
            number, group = row["number"], row["group"]
            means, values = row["means"][codes[group]], features[number].to_numpy()
            if "mean" in self.statistics:
                made[f"{number} (mean by {group})"] = means
            if "difference" in self.statistics:
                made[f"{number} (less mean by {group})"] = values - means
            if "ratio" in self.statistics:
                made[f"{number} (by mean by {group})"] = np.divide(
                    values, means, out=np.full(len(values), np.nan), where=means != 0
                )
        return extended(features, made)


@dataclass(frozen=True, kw_only=True)
class GroupStatisticsStep(Step):
    """Adds means of numbers over the training rows of the same level, and how a row differs from them.

    Args:
        columns: Which numbers.
        by: Which columns tell the groups; a number is divided into bins.
        statistics: Any of `mean`, `difference` and `ratio`.
        most: The largest number of pairs of a number and a group, in the order of the columns.
    """

    transformer: ClassVar = GroupStatistics
    functions: ClassVar = (choose, extended, find_levels, level_codes)

    columns: tuple[str, ...] = ("number",)
    by: tuple[str, ...] = ("category",)
    statistics: tuple[str, ...] = ("mean", "difference")
    most: int = 20

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        for option in ("by", "statistics"):
            object.__setattr__(self, option, names(option, getattr(self, option)))
        for statistic in self.statistics:
            one_of(statistic, "statistics", ("mean", "difference", "ratio"))
        expect_range(self, "most", 1)
