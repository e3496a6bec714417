"""The protocols of a recipe's step and of its transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

from ..core.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd


class Transformer(Protocol):
    """A transformer as in scikit-learn, from frame to frame."""

    def fit_transform(self, features: pd.DataFrame, target: Floats | None = None) -> pd.DataFrame:
        """Fit it, and return the training rows transformed; a step that uses the target does so out of fold."""
        ...

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return other rows transformed."""
        ...

    def to_table(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        ...

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """Return the fitted transformer that `to_table` described."""
        ...


class Step(Protocol):
    """One step of a recipe: a frozen dataclass of options."""

    @property
    def exportable(self) -> bool:
        """Whether the step can be part of an ONNX graph."""
        ...

    @property
    def transformer(self) -> type[Transformer]:
        """The class of its transformers."""
        ...

    def build(self) -> Transformer:
        """Return the unfitted transformer."""
        ...
