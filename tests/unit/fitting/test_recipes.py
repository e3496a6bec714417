"""The recipes of a study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.problem import Problem
from tunesmith.data.schema import Schema
from tunesmith.data.table import Table
from tunesmith.errors import InputError
from tunesmith.fitting.plan import plan
from tunesmith.fitting.recipes import study_recipes
from tunesmith.fitting.space import families
from tunesmith.recipes.recipe import Recipe
from tunesmith.steps.arithmetic import ArithmeticStep

MINE = "[[steps]]\nstep = 'arithmetic'\npairs = ['a / b']\n"


def _table(rows: int) -> Table:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 2)), columns=["a", "b"])
    schema = Schema.infer(frame)
    return Table(
        schema=schema,
        problems=(Problem(target="y", kind="regression"),),
        features=schema.read(frame),
        target=rng.normal(size=(rows, 1)),
        folds=np.arange(rows)[None] % 5,
    )


def test_a_table_with_enough_rows_also_gets_the_engineered_recipe(tmp_path: Path) -> None:
    assert study_recipes(tmp_path, _table(1000)) == ["plain", "engineered"]
    assert study_recipes(tmp_path, _table(100)) == ["plain"]


def test_a_given_recipe_comes_first_and_is_kept_for_later_sessions(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINE)
    study = tmp_path / "study"
    assert study_recipes(study, _table(100), [tmp_path / "mine.toml"]) == ["mine", "plain"]
    assert study_recipes(study, _table(100)) == ["mine", "plain"]
    assert study_recipes(study, _table(100), [tmp_path / "mine.toml"]) == ["mine", "plain"]
    with pytest.raises(InputError, match="was begun with mine"):
        study_recipes(study, _table(100), [Recipe((ArithmeticStep(pairs=("a * b",)),))])


def test_a_recipe_that_does_not_suit_the_table_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the recipe recipe_1: .*got 'a / c'"):
        study_recipes(tmp_path, _table(100), [Recipe((ArithmeticStep(pairs=("a / c",)),))])
    assert not (tmp_path / "recipes").exists()


def test_boosted_trees_try_the_other_recipes_after_their_first_choices() -> None:
    chosen = families(_table(1000), ["lightgbm", "linear"])
    trials = [
        (trial.parameters["family"], trial.parameters["recipe"])
        for trial in plan(chosen, _table(1000), ["plain", "engineered"])
    ]
    assert trials.count(("lightgbm", "engineered")) == 1
    assert ("linear", "engineered") not in trials
    assert trials.index(("lightgbm", "engineered")) > trials.index(("lightgbm", "plain"))
    assert {recipe for _, recipe in trials} == {"plain", "engineered"}
