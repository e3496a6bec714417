"""Columns that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ._columns import choose
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class Drop(Transformer):
    """Leaves columns out: all that are chosen, or those among them that say nothing."""

    def __init__(
        self,
        *,
        columns: Sequence[str] = ("number", "category", "date", "text"),
        constant: bool = True,
        repeated: bool = True,
        named: bool = False,
    ) -> None:
        self.columns = list(columns)
        self.constant = constant
        self.repeated = repeated
        self.named = named
        self.dropped: list[str] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the columns, and return the rows without them."""
        import pandas as pd

        seen: dict[int, list[str]] = {}
        for name in choose(features, self.columns):
            values = features[name]
            constant = self.constant and values.nunique(dropna=False) <= 1
            if self.named or constant:
                self.dropped.append(name)
            elif self.repeated:
                key = int(pd.util.hash_pandas_object(values, index=False).sum())
                if any(values.equals(features[other]) for other in seen.get(key, [])):
                    self.dropped.append(name)
                seen.setdefault(key, []).append(name)
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows without the columns."""
        return features.drop(columns=self.dropped) if self.dropped else features


@dataclass(frozen=True, kw_only=True)
class DropStep(Step):
    """Leaves out columns that are constant or equal to another, or all that are chosen.

    Args:
        columns: Which.
        constant: Whether those with one value are left out.
        repeated: Whether those that equal an earlier one are left out.
        named: Whether all of the columns are left out.
    """

    transformer: ClassVar = Drop
    onnx_obstacle: ClassVar = ""

    columns: tuple[str, ...] = ("number", "category", "date", "text")
    constant: bool = True
    repeated: bool = True
    named: bool = False
