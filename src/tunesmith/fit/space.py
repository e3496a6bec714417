"""The search space of `fit`, and the configurations of its first minute."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from .. import plugins
from ..core.parameters import Choice
from ..core.space import SearchSpace
from ..core.trial import Value
from ..data.problem import Problem
from ..families.base import Family

_LAST = "prior"


def families(names: Sequence[str] | None = None) -> dict[str, Family]:
    """Return the families by name; all installed ones by default."""
    return {name: plugins.load("families", name)() for name in (names or plugins.names("families"))}


def search_space(chosen: Mapping[str, Family], recipes: Sequence[str] = ("plain",)) -> SearchSpace:
    """Return the space: a family, a recipe, and the hyperparameters of each family, active where it is chosen."""
    parameters: dict[str, Any] = {"family": Choice(list(chosen)), "recipe": Choice(list(recipes))}
    for name, family in chosen.items():
        for key, parameter in family.space.items():
            parameters[f"{name}.{key}"] = dataclasses.replace(parameter, when={"family": name})
    return SearchSpace(parameters)


def first_configurations(chosen: Mapping[str, Family], problem: Problem) -> list[dict[str, Value]]:
    """Return the families' own configurations: the best of each family, then the second of each, and so on."""
    listed = [
        [
            {"family": name, "recipe": "plain", **{f"{name}.{key}": value for key, value in configuration.items()}}
            for configuration in family.configurations(problem)
        ]
        for name, family in chosen.items()
        if name != _LAST
    ]
    return [configuration for turn in zip_longest(*listed) for configuration in turn if configuration is not None]
