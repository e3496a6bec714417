"""Logarithms of skewed numbers."""

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


class Logs(Transformer):
    """Replaces numbers with long tails by `sign(x) * log(1 + |x|)`."""

    def __init__(self, *, columns: Sequence[str] = ("number",), least_skewness: float = 2.0) -> None:
        self.columns = list(columns)
        self.least_skewness = least_skewness
        self.chosen: list[str] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the skewed numbers, and return the rows with logarithms."""
        numbers = [name for name in choose(features, self.columns) if features[name].dtype.kind == "f"]
        skewness = features[numbers].skew().abs()
        self.chosen = [name for name in numbers if skewness[name] >= self.least_skewness]
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with logarithms."""
        logs = {name: np.sign(features[name]) * np.log1p(features[name].abs()) for name in self.chosen}
        return features.assign(**logs) if logs else features


@dataclass(frozen=True, kw_only=True)
class LogsStep(Step):
    """Replaces skewed numbers by logarithms: for linear models and nets; trees do not need it.

    Args:
        columns: Which.
        least_skewness: The least absolute skewness of a column that is replaced; 0 replaces all.
    """

    transformer: ClassVar = Logs
    onnx_obstacle: ClassVar = ""

    columns: tuple[str, ...] = ("number",)
    least_skewness: float = 2.0

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        expect_range(self, "least_skewness", 0)
