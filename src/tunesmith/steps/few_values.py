"""Numbers with few values as categories."""

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


class FewValues(Transformer):
    """Turns numbers that are codes into categories; a value that is unseen is missing."""

    def __init__(self, *, columns: Sequence[str] = ("number",), most: int = 10, whole: bool = True) -> None:
        self.columns = list(columns)
        self.most = most
        self.whole = whole
        self.values: dict[str, np.ndarray] = {}

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the columns, and return the rows with categories."""
        for name in choose(features, self.columns):
            if features[name].dtype.kind != "f":
                continue
            values = np.unique(features[name].dropna().to_numpy())
            if 2 < len(values) <= self.most and not (self.whole and (values != np.round(values)).any()):
                self.values[name] = values
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with categories."""
        import pandas as pd

        made = {}
        for name, values in self.values.items():
            numbers = features[name].to_numpy()
            position = np.searchsorted(values, numbers).clip(max=len(values) - 1)
            codes = np.where(values[position] == numbers, position, -1)
            made[name] = pd.Categorical.from_codes(codes, categories=[f"{value:.15g}" for value in values])
        return features.assign(**made) if made else features


@dataclass(frozen=True, kw_only=True)
class FewValuesStep(Step):
    """Turns numbers with three or more, but few values into categories.

    Args:
        columns: Which.
        most: The largest number of values.
        whole: Whether only columns of whole numbers are turned.
    """

    transformer: ClassVar = FewValues

    columns: tuple[str, ...] = ("number",)
    most: int = 10
    whole: bool = True

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        expect_range(self, "most", 3)
