"""Recipes in TOML files, and by name within a study."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from ..core.values import shown
from ..errors import InputError, nearest
from .recipe import Recipe
from .templates import TEMPLATES

_FOLDER = "recipes"


def read_recipe(path: Path | str) -> Recipe:
    """Return the recipe of a TOML file: a table `[[steps]]` for each step, with its name as `step`.

    Raises:
        InputError: The file cannot be read, or a key, step or option in it is wrong.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the recipe {path} cannot be read: {error.strerror or error}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the recipe {path} must be TOML: {error}.") from None
    try:
        return Recipe.from_table(table)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe as TOML."""
    import tomlkit

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tomlkit.dumps(recipe.to_table()), encoding="utf-8")


def keep_recipe(recipe: Recipe, study: Path, name: str) -> str:
    """Keep a recipe in a study's folder, so that its trials find it by name; return the name.

    Raises:
        InputError: The name is that of a template, or cannot be that of a file.
    """
    if name in TEMPLATES or not re.fullmatch(r"[\w][\w.-]*", name):
        raise InputError(
            f"a recipe's name must be letters, digits, '_', '-' and '.', and none of {', '.join(TEMPLATES)}, "
            f"got {shown(name)}."
        )
    write_recipe(recipe, study / _FOLDER / f"{name}.toml")
    return name


def recipe_named(name: str, study: Path) -> Recipe:
    """Return a template, or a recipe that is kept in a study's folder.

    Raises:
        InputError: There is none of that name.
    """
    if name in TEMPLATES:
        return TEMPLATES[name]
    path = study / _FOLDER / f"{name}.toml"
    if path.name not in {kept.name for kept in path.parent.glob("*.toml")}:
        known = [*TEMPLATES, *kept_recipes(study)]
        raise InputError(f"unknown recipe {shown(name)}.{nearest(name, known)} Known: {', '.join(known)}.")
    return read_recipe(path)


def kept_recipes(study: Path) -> dict[str, Recipe]:
    """Return the recipes that are kept in a study's folder, by name."""
    return {path.stem: read_recipe(path) for path in sorted((study / _FOLDER).glob("*.toml"))}
