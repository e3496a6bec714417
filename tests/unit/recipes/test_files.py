"""Recipes in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunesmith.errors import InputError
from tunesmith.recipes.files import keep_recipe, read_recipe, recipe_named, write_recipe
from tunesmith.recipes.templates import TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_recipe_comes_back_from_its_file(name: str, tmp_path: Path) -> None:
    write_recipe(TEMPLATES[name], tmp_path / "new" / "recipe.toml")
    assert read_recipe(tmp_path / "new" / "recipe.toml") == TEMPLATES[name]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps = 3", "steps must be a list"),
        ("[[steps]]\nstep = 'date'", "Did you mean 'dates'"),
        ("[[steps]", "must be TOML"),
        ("[[steps]]\nstep = 'library'\nuse = 'PCA'\noptions = { component = 3 }", "Did you mean 'n_components'"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_the_file(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_recipe(path)
    assert "mine.toml" in str(error.value)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_recipe(tmp_path / "none.toml")


def test_trials_find_a_recipe_of_the_study_by_name(tmp_path: Path) -> None:
    assert keep_recipe(TEMPLATES["finance"], tmp_path, "mine") == "mine"
    assert recipe_named("mine", tmp_path) == TEMPLATES["finance"]
    assert recipe_named("plain", tmp_path) is TEMPLATES["plain"]
    with pytest.raises(InputError, match="Did you mean 'mine'"):
        recipe_named("mime", tmp_path)


@pytest.mark.parametrize("name", ["plain", "../up", "", "a/b"])
def test_a_name_that_cannot_be_kept(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a recipe's name must be"):
        keep_recipe(TEMPLATES["finance"], tmp_path, name)
