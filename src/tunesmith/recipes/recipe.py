"""A recipe: an ordered list of steps, fitted on training rows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from .. import plugins
from ..core.arrays import Floats
from ..steps.base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FittedRecipe:
    """A recipe's fitted transformers, by the names of their steps."""

    transformers: Sequence[tuple[str, Transformer]] = ()

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return rows transformed by every step."""
        for _, transformer in self.transformers:
            features = transformer.transform(features)
        return features

    def to_table(self) -> list[dict[str, Any]]:
        """Return it as plain JSON."""
        return [{"step": name, "fitted": transformer.to_table()} for name, transformer in self.transformers]

    @classmethod
    def from_table(cls, table: Sequence[dict[str, Any]]) -> Self:
        """Return the recipe that `to_table` described."""
        return cls(
            [(row["step"], plugins.load("steps", row["step"]).transformer.from_table(row["fitted"])) for row in table]
        )


@dataclass(frozen=True)
class Recipe:
    """An ordered list of steps.

    Args:
        steps: Each turns a frame into a frame.
    """

    steps: tuple[Step, ...] = ()

    def fit_transform(self, features: pd.DataFrame, target: Floats) -> tuple[FittedRecipe, pd.DataFrame]:
        """Return the fitted recipe, and the training rows transformed."""
        fitted = []
        for step in self.steps:
            transformer = step.build()
            features = transformer.fit_transform(features, target)
            fitted.append((plugins.name_of(step), transformer))
        return FittedRecipe(fitted), features
