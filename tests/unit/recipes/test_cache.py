"""Prepared rows on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.problem import Problem
from tunesmith.data.schema import Schema
from tunesmith.data.table import Table
from tunesmith.recipes import cache
from tunesmith.recipes.recipe import Recipe
from tunesmith.steps.arithmetic import ArithmeticStep
from tunesmith.steps.crosses import CrossesStep
from tunesmith.steps.text import TextStep

RECIPE = Recipe((ArithmeticStep(pairs=("a / b",)), CrossesStep(), TextStep(components=2)))


@pytest.fixture
def table() -> Table:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=60),
            "b": [*rng.normal(size=59), np.nan],
            "town": rng.choice(["Ulm", "Bonn"], 60),
            "plan": rng.choice(["x", "y"], 60),
            "note": [" ".join(rng.choice(["red", "blue", "car", "bus"], 6)) + f" {i}" for i in range(60)],
        }
    )
    schema = Schema.infer(frame)
    return Table(
        schema=schema,
        problems=(Problem(target="y", kind="regression"),),
        features=schema.read(frame),
        target=rng.normal(size=(60, 1)),
        folds=np.arange(60)[None] % 3,
    )


def test_what_was_kept_is_what_was_prepared(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_WORTHWHILE_SECONDS", -1)
    fitted, training, validation = cache.prepare_fold(RECIPE, table, table.splits[0], tmp_path)
    monkeypatch.setattr(Recipe, "fit_transform", None)  # From now on it must be read.
    again, kept_training, kept_validation = cache.prepare_fold(RECIPE, table, table.splits[0], tmp_path)
    pd.testing.assert_frame_equal(kept_training, training.reset_index(drop=True))
    pd.testing.assert_frame_equal(kept_validation, validation.reset_index(drop=True))
    pd.testing.assert_frame_equal(again.transform(table.features), fitted.transform(table.features))


def test_each_recipe_and_each_fold_has_its_own(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_WORTHWHILE_SECONDS", -1)
    for recipe in (RECIPE, Recipe((TextStep(components=3),))):
        for split in table.splits[:2]:
            _, training, _ = cache.prepare_fold(recipe, table, split, tmp_path)
            assert len(training) == len(split[0])
    assert len(list(tmp_path.iterdir())) == 4


def test_what_is_quick_is_not_kept(table: Table, tmp_path: Path) -> None:
    cache.prepare_fold(Recipe(()), table, table.splits[0], tmp_path / "prepared")
    assert not (tmp_path / "prepared").exists()


def test_the_first_of_two_processes_wins(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_WORTHWHILE_SECONDS", -1)
    exists = Path.exists
    monkeypatch.setattr(
        Path, "exists", lambda path: path.parent != tmp_path and exists(path)
    )  # Neither sees the other.
    for _ in range(2):
        _, training, _ = cache.prepare_fold(RECIPE, table, table.splits[0], tmp_path)
        assert len(training) == 40
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_no_failure(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_WORTHWHILE_SECONDS", -1)
    (tmp_path / "file").write_text("")
    _, training, _ = cache.prepare_fold(RECIPE, table, table.splits[0], tmp_path / "file" / "prepared")
    assert len(training) == 40
