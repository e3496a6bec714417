"""The families and the search space of `fit`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from .. import plugins
from ..core.parameters import Choice
from ..core.space import SearchSpace
from ..data.table import Table
from ..errors import MissingExtra
from ..families.base import Family


def families(table: Table, names: Sequence[str] | None = None) -> dict[str, Family]:
    """Return the families by name; by default all that are installed and suit the table.

    Raises:
        MissingExtra: A family that is named cannot be used before something is installed or set.
    """
    kinds = {name: plugins.load("families", name)() for name in (names or plugins.names("families"))}
    if names:
        for name in names:
            if (lack := kinds[name].profile.missing()) is not None:
                raise MissingExtra(f"the family {name} cannot be used: {lack}")
        return kinds
    texts = sum(column.kind == "text" for column in table.schema.columns)
    rows, columns = table.features.shape
    classes = max(len(problem.classes) for problem in table.problems)
    return {
        name: family
        for name, family in kinds.items()
        if family.profile.suits(rows, columns, texts, classes) and family.profile.missing() is None
    }


def search_space(chosen: Mapping[str, Family], recipes: Sequence[str] = ("plain",)) -> SearchSpace:
    """Return the space: a family, a recipe, and the hyperparameters of each family, active where it is chosen."""
    parameters: dict[str, Any] = {"family": Choice(list(chosen)), "recipe": Choice(list(recipes))}
    for name, family in chosen.items():
        for key, parameter in family.space.items():
            parameters[f"{name}.{key}"] = dataclasses.replace(parameter, when={"family": name})
    return SearchSpace(parameters)
