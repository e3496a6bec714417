"""The protocols of a model family and of a trained model."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, Self

from ..core.arrays import Floats
from ..core.parameters import Parameter
from ..core.trial import Value
from ..data.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

Cost = Literal["low", "medium", "high"]


BASELINE = "prior"
"""The family that looks at no column: what every model must beat."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a family is good for, and what it needs.

    Args:
        title: Its name for people.
        purpose: Where it is strong, in one sentence.
        interpretable: Whether a person can read its reasons off the model.
        text_only: Whether it is of use only where there are columns of text.
        most_rows: The most rows that it can be trained on; None for no limit.
        most_columns: The most columns that it can be trained on; None for no limit.
        most_classes: The most classes that it can tell apart; None for no limit.
        train_cost: The time that it takes to train, beside other families.
        predict_cost: The time that it takes to predict.
        size: The size of its models.
        modules: The optional modules that it imports.
        extra: The extra of tunesmith that installs them.
        checkpoint: The environment variable that names pretrained weights, if it needs some.
        needs_validation: Whether it cannot be trained without rows held out, on which it ends or is calibrated.
    """

    title: str
    purpose: str
    interpretable: bool = False
    text_only: bool = False
    most_rows: int | None = None
    most_columns: int | None = None
    most_classes: int | None = None
    train_cost: Cost = "low"
    predict_cost: Cost = "low"
    size: Cost = "low"
    modules: tuple[str, ...] = ()
    extra: str = ""
    checkpoint: str = ""
    needs_validation: bool = False

    @property
    def is_pretrained(self) -> bool:
        """Whether others trained it, on data that nobody here knows."""
        return bool(self.checkpoint)

    @property
    def lacks_modules(self) -> list[str]:
        """The optional modules that are not installed."""
        return [name for name in self.modules if importlib.util.find_spec(name) is None]

    def missing(self) -> str | None:
        """Return what must be installed or set before the family can be used, in words; None if nothing.

        >>> Profile(title="Net", purpose="none", modules=("no_such_module",), extra="torch").missing()
        "no_such_module is not installed. Install it with: pip install 'tunesmith[torch]'"
        """
        if absent := self.lacks_modules:
            verb = "is" if len(absent) == 1 else "are"
            it = "it" if len(absent) == 1 else "them"
            names = " and ".join(absent)
            return f"{names} {verb} not installed. Install {it} with: pip install 'tunesmith[{self.extra}]'"
        weights = os.environ.get(self.checkpoint, "")
        if self.checkpoint and not (weights and Path(weights).expanduser().exists()):
            return f"{self.checkpoint} must name a file of weights, or a folder with them. Nothing is downloaded."
        return None

    def suits(self, rows: int, columns: int, texts: int, classes: int = 0) -> bool:
        """Return whether a table is within the limits.

        Args:
            rows: The number of rows.
            columns: The number of columns, without the target.
            texts: How many of them hold text.
            classes: The number of classes; the largest of several problems.
        """
        return (
            rows <= (self.most_rows or rows)
            and columns <= (self.most_columns or columns)
            and classes <= (self.most_classes or classes)
            and (texts > 0 or not self.text_only)
        )


@dataclass(frozen=True, kw_only=True)
class TrainingPart:
    """The rows of one fit.

    Args:
        features: The rows to train on: numbers (NaN where missing) and categories; for a family with `takes_text`
            also texts.
        target: Their target, encoded, shape `(rows,)`.
        validation: Rows to stop early on, and their target; never trained on. They do not count where
            `rounds` is given.
        problem: What is predicted.
        seed: The seed of the fit.
        threads: The number of threads that it may use.
        weight: The weight of each row, shape `(rows,)`; None if all count alike.
        deadline: When it must have ended, by `time.monotonic()`; None for no limit. A family that trains in rounds
            stops adding them in time; others ignore it.
        rounds: How many rounds a family that trains in rounds adds, as no rows are held out to tell; others ignore it.
    """

    features: pd.DataFrame
    target: Floats
    validation: tuple[pd.DataFrame, Floats]
    problem: Problem
    seed: int
    threads: int = 1
    weight: Floats | None = None
    deadline: float | None = None
    rounds: int | None = None


def own_parameters(parameters: Mapping[str, Value], family: str) -> dict[str, Value]:
    """Return the hyperparameters of a family in a configuration, by their own names.

    >>> own_parameters({"family": "knn", "recipe": "plain", "knn.neighbors": 5}, "knn")
    {'neighbors': 5}
    """
    prefix = f"{family}."
    return {name.removeprefix(prefix): value for name, value in parameters.items() if name.startswith(prefix)}


class Model(Protocol):
    """A trained model.

    One that was trained in rounds has their number as `rounds`. One that averages many parts may have a method
    `in_mean_of(models)`, which returns a smaller model, to be averaged with the other models of its kind; and a static
    method `share_in_mean(parameters, models)`, which returns the share of the parts that are kept.
    """

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
        libraries: The modules that training imports; a worker imports them once, before it forks trials.
    """

    profile: ClassVar[Profile]
    model: ClassVar[type[Model]]
    space: ClassVar[Mapping[str, Parameter]]
    takes_text: ClassVar[bool]
    libraries: ClassVar[Sequence[str]]

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters that are worth trying first, the best first."""
        ...

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit, on one core of 2020."""
        ...

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> Model:
        """Train on the rows of a part."""
        ...
