"""The recipes of a study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tunesmith as ts
from tunesmith.core.trial import TrialRequest
from tunesmith.data.problem import Problem
from tunesmith.data.schema import Schema
from tunesmith.data.table import Table
from tunesmith.errors import InputError
from tunesmith.fitting.plan import plan
from tunesmith.fitting.recipes import study_recipes
from tunesmith.fitting.space import families
from tunesmith.recipes.recipe import Recipe
from tunesmith.steps.arithmetic import ArithmeticStep
from tunesmith.tasks.table import TableTask

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


def test_a_loaded_study_trains_with_its_own_recipe_again(tmp_path: Path) -> None:
    table, folder = _table(60), tmp_path / "f"
    frame = table.features.assign(y=table.target[:, 0])
    (tmp_path / "mine.toml").write_text(MINE)
    ts.fit(
        frame, target="y", recipe=tmp_path / "mine.toml", families=["linear"], budget=ts.Budget(trials=2, minutes=2),
        folder=folder, parallel=1, progress=False,
    )  # fmt: skip
    with ts.load(folder) as study:
        trial = study.trials[1]
        assert trial.parameters["recipe"] == "mine"
        assert isinstance(study.task, TableTask)
        request = TrialRequest(
            number=1, attempt=1, parameters=trial.parameters, seed=trial.seed, folder=tmp_path / "again"
        )
        train, held_out = table.splits[0]
        assert study.task.predict_after(request, train, held_out).shape == (len(held_out), 1)
