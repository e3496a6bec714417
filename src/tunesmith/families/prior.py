"""The share of each class, or the mean: what can be predicted without features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Parameter
from ..core.trial import Value
from ..data.problem import Problem
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import pandas as pd

_FILE = "outputs.npy"


@dataclass(frozen=True, kw_only=True)
class PriorModel:
    """Predicts the same for every row.

    Args:
        outputs: Shape `(outputs,)`.
    """

    outputs: Floats

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return the outputs for every row, shape `(rows, outputs)`."""
        return np.tile(self.outputs, (len(features), 1))

    def save(self, folder: Path) -> None:
        """Write it to a folder."""
        np.save(folder / _FILE, self.outputs)

    @staticmethod
    def lies_in(folder: Path) -> bool:
        """Whether a folder holds such a model."""
        return (folder / _FILE).exists()

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        return cls(outputs=np.load(folder / _FILE, allow_pickle=False))


class PriorFamily:
    """Looks at the target alone."""

    profile: ClassVar = Profile(
        title="Prior", purpose="the bar that every model must pass; uses no column", interpretable=True
    )
    model: ClassVar = PriorModel
    space: ClassVar[Mapping[str, Parameter]] = {}
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ()

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return its only configuration."""
        return [{}]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        return 0.0

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> PriorModel:
        """Count the classes, or take the mean."""
        weight = np.ones(len(part.target)) if part.weight is None else part.weight
        if not part.problem.is_classification:
            return PriorModel(outputs=np.array([np.average(part.target, weights=weight)]))
        counts = np.bincount(part.target.astype(int), weights=weight, minlength=part.problem.outputs)
        return PriorModel(outputs=(counts + 1) / (counts + 1).sum())
