"""Whether a value is missing, as a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..core.schema import expect_range
from ._columns import choose, extended
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class Missing(Transformer):
    """Adds a number for each column with missing values: 1 where it is missing, 0 elsewhere."""

    def __init__(self, *, columns: Sequence[str] = ("number", "category", "date"), least_share: float = 0.0) -> None:
        self.columns = list(columns)
        self.least_share = least_share
        self.chosen: list[str] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the columns, and return the rows with indicators."""
        shares = features[choose(features, self.columns)].isna().mean()
        self.chosen = [str(name) for name, share in shares.items() if max(self.least_share, 1e-12) <= share < 1]
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with indicators."""
        made = {f"{name} (missing)": features[name].isna().to_numpy(dtype="float64") for name in self.chosen}
        return extended(features, made)


@dataclass(frozen=True, kw_only=True)
class MissingStep(Step):
    """Adds indicators of missing values.

    Args:
        columns: Which.
        least_share: The least share of training rows where a column is missing.
    """

    transformer: ClassVar = Missing
    functions: ClassVar = (choose, extended)
    onnx_obstacle: ClassVar = ""

    columns: tuple[str, ...] = ("number", "category", "date")
    least_share: float = 0.0

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        expect_range(self, "least_share", 0, 1)
