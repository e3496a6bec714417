"""Recipes: TOML, the target as numbers, and what becomes of steps without work."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.problem import Problem
from tunesmith.errors import InputError
from tunesmith.recipes.recipe import FittedRecipe, Recipe, target_numbers
from tunesmith.recipes.templates import TEMPLATES

FRAME = pd.DataFrame({"age": [31.0, 48.0, np.nan], "town": pd.Categorical(["Ulm", "Bonn", "Ulm"])})


def test_a_recipe_with_nothing_to_do_returns_the_frame_itself() -> None:
    fitted, prepared = TEMPLATES["plain"].fit_transform(FRAME, np.zeros((3, 1)))
    assert prepared is FRAME
    assert fitted.to_table() == []
    assert FittedRecipe.from_table([]).transform(FRAME) is FRAME


def test_texts_become_numbers_unless_the_family_takes_them() -> None:
    frame = FRAME.assign(note=["a red car", None, "two blue cars in town"])
    _, prepared = TEMPLATES["plain"].fit_transform(frame, np.zeros((3, 1)))
    assert "note" not in prepared
    assert prepared["note (words)"].tolist() == [3, 0, 5]
    _, kept = TEMPLATES["plain"].keeping_text().fit_transform(frame, np.zeros((3, 1)))
    assert list(kept) == ["age", "town", "note"]


def test_the_target_as_numbers() -> None:
    problems = (
        Problem(target="a", kind="multiclass", classes=("x", "y", "z")),
        Problem(target="b", kind="binary", classes=("no", "yes")),
        Problem(target="c", kind="regression"),
    )
    numbers = target_numbers(np.array([[2.0, 1.0, 7.5], [0.0, 0.0, -1.0]]), problems)
    assert numbers.tolist() == [[0, 0, 1, 1, 7.5], [1, 0, 0, 0, -1]]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"step": []}, "Did you mean 'steps'"),
        ({"steps": [{"step": "date"}]}, "Did you mean 'dates'"),
        ({"steps": [{"step": "dates", "cyclic": True}]}, "Did you mean 'cyclical'"),
        ({"steps": [{"step": "dates", "cyclical": 3}]}, "cyclical must be true or false"),
        ({"steps": [{"step": "dates", "columns": [3]}]}, "columns must be a list of names"),
        ({"steps": [{"step": "text", "unit": "word"}]}, "Did you mean 'words'"),
        ({"steps": [{"cyclical": True}]}, "a step needs its name"),
        ({"steps": {"step": "dates"}}, "steps must be a list of tables"),
    ],
)
def test_what_is_wrong_is_named(table: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        Recipe.from_table(table)


def test_a_name_that_is_no_column_is_refused_with_the_nearest() -> None:
    recipe = Recipe.from_table({"steps": [{"step": "dates", "columns": ["twon"]}]})
    with pytest.raises(InputError, match="Did you mean 'town'"):
        recipe.fit_transform(FRAME, np.zeros((3, 1)))
