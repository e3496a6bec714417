"""The recipes that the trials of `fit` may use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..data.table import Table
from ..errors import InputError
from ..recipes.files import keep_recipe, kept_recipes, read_recipe
from ..recipes.recipe import Recipe
from ..recipes.suggestions import suggest

_EVERY_TABLE = ("plain", "engineered")
_CHECKED_ROWS = 1000


def study_recipes(folder: Path, table: Table, given: Sequence[Recipe | str | Path] = ()) -> list[str]:
    """Return the names of a study's recipes, that of the first trials first; a later session has those of the first.

    Args:
        folder: The study's folder, where the given recipes are kept.
        table: The table.
        given: Recipes, or their TOML files, to use instead of the usual ones.

    Raises:
        InputError: A recipe cannot be read, does not work on the table, or is none of the first session.
    """
    kept = kept_recipes(folder)
    recipes = {_name(recipe, number): _read(recipe) for number, recipe in enumerate(given, start=1)}
    if kept and recipes and recipes != kept:
        raise InputError(
            f"the recipes must stay the same, but {folder} was begun with {', '.join(kept)} in {folder / 'recipes'}. "
            "Leave out the option, choose another folder, or start over with --fresh."
        )
    for name, recipe in recipes.items():
        first = slice(0, _CHECKED_ROWS)
        try:
            recipe.fit_transform(table.features.iloc[first], table.target[first], table.problems)
        except InputError as error:
            raise InputError(f"the recipe {name}: {error}") from None
        keep_recipe(recipe, folder, name)
    if names := list(recipes or kept):
        return [*names, "plain"]
    rows = len(table.target)
    return [suggestion.name for suggestion in suggest(table.schema, rows) if suggestion.name in _EVERY_TABLE]


def _name(recipe: Recipe | str | Path, number: int) -> str:
    return f"recipe_{number}" if isinstance(recipe, Recipe) else Path(recipe).stem


def _read(recipe: Recipe | str | Path) -> Recipe:
    return recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
