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
from ..families.base import Family, Profile


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
    return {
        name: family
        for name, family in kinds.items()
        if _suits(family.profile, table)
        and family.profile.missing() is None
        and all(family.configurations(problem) for problem in table.problems)
    }


def absent_families(table: Table) -> list[str]:
    """Return which families would suit the table if their libraries were installed; a sentence for each extra."""
    profiles = [plugins.load("families", name).profile for name in plugins.names("families")]
    titles: dict[str, list[str]] = {}
    for profile in profiles:
        if profile.lacks_modules and not profile.checkpoint and _suits(profile, table):
            titles.setdefault(profile.extra, []).append(profile.title)
    return [
        f"{' and '.join(sorted(names))} would be tried, too, with: pip install 'tunesmith[{extra}]'"
        for extra, names in sorted(titles.items())
    ]


def _suits(profile: Profile, table: Table) -> bool:
    texts = sum(column.kind == "text" for column in table.schema.columns)
    rows, columns = table.features.shape
    return profile.suits(rows, columns, texts, max(len(problem.classes) for problem in table.problems))


def search_space(chosen: Mapping[str, Family], recipes: Sequence[str] = ("plain",)) -> SearchSpace:
    """Return the space: a family, a recipe, and the hyperparameters of each family, active where it is chosen."""
    parameters: dict[str, Any] = {"family": Choice(list(chosen)), "recipe": Choice(list(recipes))}
    for name, family in chosen.items():
        for key, parameter in family.space.items():
            parameters[f"{name}.{key}"] = dataclasses.replace(parameter, when={"family": name})
    return SearchSpace(parameters)
