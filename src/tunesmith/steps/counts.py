"""How often a level occurs in the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..core.schema import expect_range
from ._columns import choose, extended, find_levels, level_codes
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class Counts(Transformer):
    """Adds the share of the training rows that have the same level."""

    def __init__(self, *, columns: Sequence[str] = ("category",), least_levels: int = 10) -> None:
        self.columns = list(columns)
        self.least_levels = least_levels
        self.levels: dict[str, Any] = {}
        self.shares: dict[str, np.ndarray] = {}

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Count, and return the rows with shares."""
        for name in choose(features, self.columns):
            levels = find_levels(features[name])
            if len(levels) >= self.least_levels:
                self.levels[name] = levels
                counts = np.bincount(level_codes(features[name], levels), minlength=len(levels) + 1)
                self.shares[name] = counts / len(features)
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with shares."""
        made = {
            f"{name} (share)": self.shares[name][level_codes(features[name], levels)]
            for name, levels in self.levels.items()
        }
        return extended(features, made)


@dataclass(frozen=True, kw_only=True)
class CountsStep(Step):
    """Adds count encodings, as shares of the training rows.

    Args:
        columns: Which; a number is divided into bins.
        least_levels: A column with fewer levels is left alone: a tree tells few levels apart by itself.
    """

    transformer: ClassVar = Counts
    functions: ClassVar = (choose, extended, find_levels, level_codes)
    onnx_obstacle: ClassVar = ""

    columns: tuple[str, ...] = ("category",)
    least_levels: int = 10

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        expect_range(self, "least_levels", 1)
