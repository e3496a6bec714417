"""Statistics over the columns of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ._columns import choose, extended
from .base import Step, Transformer, names, one_of

if TYPE_CHECKING:
    import pandas as pd


class RowStatistics(Transformer):
    """Adds how many values of a row are missing or zero, and the mean, deviation and extremes of its numbers."""

    def __init__(
        self,
        *,
        columns: Sequence[str] = ("number", "category", "date", "text"),
        statistics: Sequence[str] = ("missing", "zeros"),
    ) -> None:
        self.columns = list(columns)
        self.statistics = list(statistics)
        self.chosen: list[str] = []
        self.numbers: list[str] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the columns, and return the rows with statistics."""
        self.chosen = choose(features, self.columns)
        self.numbers = [name for name in self.chosen if features[name].dtype.kind == "f"]
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with statistics."""
        made = {}
        if "missing" in self.statistics and self.chosen:
            made["row (missing)"] = features[self.chosen].isna().to_numpy().sum(axis=1).astype("float64")
        if self.numbers:
            values = features[self.numbers].to_numpy()
            known = np.maximum((~np.isnan(values)).sum(axis=1), 1)
            mean = np.nansum(values, axis=1) / known
            statistics = {
                "zeros": (values == 0).sum(axis=1).astype("float64"),
                "mean": mean,
                "deviation": np.sqrt(np.nansum((values - mean[:, None]) ** 2, axis=1) / known),
                "smallest": np.fmin.reduce(values, axis=1),
                "largest": np.fmax.reduce(values, axis=1),
            }
            made |= {f"row ({name})": result for name, result in statistics.items() if name in self.statistics}
        return extended(features, made)


@dataclass(frozen=True, kw_only=True)
class RowStatisticsStep(Step):
    """Adds statistics over the columns of a row.

    Args:
        columns: Which; all but `missing` are about the numbers among them.
        statistics: Any of `missing`, `zeros`, `mean`, `deviation`, `smallest` and `largest`.
    """

    transformer: ClassVar = RowStatistics
    functions: ClassVar = (choose, extended)

    columns: tuple[str, ...] = ("number", "category", "date", "text")
    statistics: tuple[str, ...] = ("missing", "zeros")

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is unknown.
        """
        super().__post_init__()
        object.__setattr__(self, "statistics", names("statistics", self.statistics))
        for statistic in self.statistics:
            one_of(statistic, "statistics", ("missing", "zeros", "mean", "deviation", "smallest", "largest"))
