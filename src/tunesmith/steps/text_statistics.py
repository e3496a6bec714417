"""The length of texts, their words, and the shares of digits, capitals and punctuation; the texts stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ._columns import choose, extended
from ._texts import text_statistics
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class TextStatistics(Transformer):
    """Adds statistics of texts, and of the names of categories."""

    def __init__(self, *, columns: Sequence[str] = ("category",)) -> None:
        self.columns = list(columns)
        self.chosen: list[str] = []

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the columns, and return the rows with statistics."""
        self.chosen = [name for name in choose(features, self.columns) if features[name].dtype.kind not in "fM"]
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with statistics."""
        made: dict[str, np.ndarray] = {}
        for name in self.chosen:
            made |= text_statistics(name, features[name].astype(object).fillna("").astype(str))
        return extended(features, made)


@dataclass(frozen=True, kw_only=True)
class TextStatisticsStep(Step):
    """Adds statistics of texts, which stay; `text` adds them too.

    Args:
        columns: Which texts, or categories whose names say something.
    """

    transformer: ClassVar = TextStatistics
    functions: ClassVar = (choose, extended, text_statistics)

    columns: tuple[str, ...] = ("category",)
