"""The protocols of a model family and of a trained model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from ..core.arrays import Floats
from ..core.parameters import Parameter
from ..core.trial import Value
from ..data.problem import Problem

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a family is good for, in words.

    Args:
        title: Its name for people.
        purpose: Where it is strong, in one sentence.
        interpretable: Whether a person can read its reasons off the model.
    """

    title: str
    purpose: str
    interpretable: bool = False


@dataclass(frozen=True, kw_only=True)
class TrainingPart:
    """The rows of one fit.

    Args:
        features: The rows to train on: numbers (NaN where missing) and categories; for a family with `takes_text`
            also texts.
        target: Their target, encoded, shape `(rows,)`.
        validation: Rows to stop early on, and their target; never trained on.
        problem: What is predicted.
        seed: The seed of the fit.
        threads: The number of threads that it may use.
        weight: The weight of each row, shape `(rows,)`; None if all count alike.
        deadline: When it must have ended, by `time.monotonic()`; None for no limit. A family that trains in rounds
            stops adding them in time; others ignore it.
    """

    features: pd.DataFrame
    target: Floats
    validation: tuple[pd.DataFrame, Floats]
    problem: Problem
    seed: int
    threads: int = 1
    weight: Floats | None = None
    deadline: float | None = None


class Model(Protocol):
    """A trained model."""

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        ...

    def save(self, folder: Path) -> None:
        """Write it to an existing folder, without pickle."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        ...


class Family(Protocol):
    """A kind of model.

    Attributes:
        profile: What it is good for.
        model: The class of its trained models.
        space: Its hyperparameters.
        takes_text: Whether it takes columns of text as they are.
    """

    profile: ClassVar[Profile]
    model: ClassVar[type[Model]]
    space: ClassVar[Mapping[str, Parameter]]
    takes_text: ClassVar[bool]

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters that are worth trying first, the best first."""
        ...

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit, on one core of 2020."""
        ...

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> Model:
        """Train on the rows of a part."""
        ...
