"""A recipe: an ordered list of steps, fitted on training rows only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import orjson

from .. import plugins
from ..core.arrays import Floats
from ..core.schema import expect_keys
from ..data.problem import Problem
from ..errors import InputError
from ..steps._columns import check_names
from ..steps.base import Step, Transformer
from .python import PythonSource, source_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FittedRecipe:
    """A recipe's fitted transformers, by the names of their steps; those that have nothing to do are left out."""

    transformers: Sequence[tuple[str, Transformer]] = ()

    @cached_property
    def digest(self) -> bytes:
        """The same for recipes that transform alike."""
        return blake2b(orjson.dumps(self.to_table())).digest()

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

    >>> recipe = Recipe.from_table({"steps": [{"step": "dates", "cyclical": True}]})
    >>> recipe.steps[0].cyclical
    True
    >>> recipe.to_table()
    {'steps': [{'step': 'dates', 'cyclical': True}]}
    """

    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        """Check the steps.

        Raises:
            InputError: One is no step.
        """
        object.__setattr__(self, "steps", tuple(self.steps))
        for step in self.steps:
            plugins.check_kind("step", step)

    @property
    def obstacles(self) -> list[str]:
        """Why it cannot be part of an ONNX graph, a sentence for each step that cannot; empty if it can."""
        return [f"{plugins.name_of(step)}: {step.onnx_obstacle}" for step in self.steps if step.onnx_obstacle]

    @property
    def exportable(self) -> bool:
        """Whether it can be part of an ONNX graph."""
        return not self.obstacles

    def keeping_text(self) -> Recipe:
        """Return the recipe of a family that takes texts as they are: without the steps on texts alone."""
        return Recipe(tuple(step for step in self.steps if step.columns != ("text",)))

    def fit_transform(
        self, features: pd.DataFrame, target: Floats, problems: Sequence[Problem] = ()
    ) -> tuple[FittedRecipe, pd.DataFrame]:
        """Return the fitted recipe, and the training rows transformed.

        Args:
            features: The columns as the schema reads them.
            target: Encoded, shape `(rows, problems)`.
            problems: What is to be predicted; without them, the target is numbers.

        Raises:
            InputError: A step cannot work on these columns.
        """
        numbers = target_numbers(target, problems)
        fitted = []
        for position, step in enumerate(self.steps):
            name = plugins.name_of(step)
            transformer = step.build()
            try:
                check_names(features, step.columns)
                before, features = features, transformer.fit_transform(features, numbers)
            except InputError as error:
                raise error.inside("steps", str(position), name) from None
            except ValueError as error:  # Of a library.
                message = f"{name} cannot work on these columns: {error}"
                raise InputError(message, keys=("steps", str(position))) from error
            if features is before:
                continue
            if not features.columns.is_unique:
                twice = features.columns[features.columns.duplicated()][0]
                raise InputError(f"a step made the column '{twice}', which exists.", keys=("steps", str(position)))
            fitted.append((name, transformer))
        return FittedRecipe(fitted), features

    def python(self) -> PythonSource:
        """Return it as parts of a script."""
        return source_of(self.steps)

    def to_python(self) -> str:
        """Return it as a readable module that needs public libraries only."""
        return self.python().script()

    def to_table(self) -> dict[str, Any]:
        """Return it as a table for TOML; options that have their default are left out."""
        return {"steps": [{"step": plugins.name_of(step), **_listed(step.changed())} for step in self.steps]}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the recipe that a table describes.

        Raises:
            InputError: A key, a step or an option is unknown or wrong; the message names the nearest.
        """
        expect_keys(table, ["steps"])
        rows = table.get("steps", [])
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise InputError('steps must be a list of tables, as in [[steps]] step = "dates".', keys=("steps",))
        steps = []
        for position, row in enumerate(rows):
            options = dict(row)
            try:
                name = options.pop("step", None)
                if not isinstance(name, str):
                    known = ", ".join(plugins.names("steps"))
                    raise InputError(f'a step needs its name, as in step = "dates". Known: {known}.')
                steps.append(plugins.create("steps", name, options))
            except InputError as error:
                raise error.inside("steps", str(position)) from None
        return cls(tuple(steps))


def target_numbers(target: Floats, problems: Sequence[Problem]) -> Floats:
    """Return a target as numbers whose means make sense; shape `(rows, outputs)`.

    A number stays one, two classes become 0 and 1, and of several classes each has a column of zeros and ones.

    Args:
        target: Encoded, shape `(rows, problems)`.
        problems: What is to be predicted; without them, the target is returned.
    """
    if not problems:
        return target
    columns = []
    for problem, values in zip(problems, target.T, strict=True):
        if problem.kind == "multiclass":
            columns.append((values[:, None] == np.arange(problem.outputs)).astype(np.float64))
        else:
            columns.append(values[:, None])
    return np.hstack(columns)


def _listed(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}
