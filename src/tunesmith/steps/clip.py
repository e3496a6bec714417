"""Numbers within quantiles of the training rows."""

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


class Clip(Transformer):
    """Limits each number to a range of quantiles."""

    def __init__(self, *, columns: Sequence[str] = ("number",), tail: float = 0.01) -> None:
        self.columns = list(columns)
        self.tail = tail
        self.ranges: dict[str, list[float]] = {}

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the ranges, and return the rows within them."""
        for name in choose(features, self.columns):
            if features[name].dtype.kind == "f" and features[name].notna().any():
                low, high = np.nanquantile(features[name].to_numpy(), [self.tail, 1 - self.tail])
                self.ranges[name] = [float(low), float(high)]
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows within the ranges."""
        clipped = {name: features[name].clip(low, high) for name, (low, high) in self.ranges.items()}
        return features.assign(**clipped) if clipped else features


@dataclass(frozen=True, kw_only=True)
class ClipStep(Step):
    """Limits numbers to quantiles, against outliers: for linear models and nets; trees do not need it.

    Args:
        columns: Which.
        tail: The share of rows that is limited at each end.
    """

    transformer: ClassVar = Clip
    onnx_obstacle: ClassVar = ""

    columns: tuple[str, ...] = ("number",)
    tail: float = 0.01

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        expect_range(self, "tail", 0, 0.5, below=True)
