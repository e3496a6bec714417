"""Target encoding out of fold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunesmith.recipes.recipe import Recipe
from tunesmith.steps._means import out_of_fold_means
from tunesmith.steps.target_means import TargetMeans


def test_a_row_is_encoded_by_the_rows_of_its_level_in_other_folds() -> None:
    groups, fold = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 1, 0, 0, 1])
    target = np.array([[1.0], [2.0], [4.0], [8.0], [16.0], [32.0]])
    means = out_of_fold_means(groups, target, fold, smoothing=1.0)[:, 0]
    of_fold_0, of_fold_1 = (1 + 8 + 16) / 3, (2 + 4 + 32) / 3
    expected = [
        (2 + 4 + of_fold_1) / 3,
        (1 + of_fold_0) / 2,
        (1 + of_fold_0) / 2,
        (32 + of_fold_1) / 2,
        (32 + of_fold_1) / 2,
        (8 + 16 + of_fold_0) / 3,
    ]
    np.testing.assert_allclose(means, expected)


def test_other_rows_get_the_smoothed_mean_of_all_training_rows_and_unseen_levels_the_mean() -> None:
    frame = pd.DataFrame({"town": pd.Categorical(["a", "a", "b", None], categories=["a", "b", "c"])})
    step = TargetMeans(smoothing=2.0)
    step.fit_transform(frame, np.array([[1.0], [3.0], [5.0], [7.0]]))
    other = pd.DataFrame({"town": pd.Categorical(["a", "b", None, "c"], categories=["a", "b", "c"])})
    means = step.transform(other)["town (mean of target)"]
    np.testing.assert_allclose(means, [(1 + 3 + 2 * 4) / 4, (5 + 2 * 4) / 3, (7 + 2 * 4) / 3, 4])


def test_several_classes_have_a_column_each_and_at_most_ten() -> None:
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 12, 500)
    frame = pd.DataFrame({"town": pd.Categorical(rng.choice(list("ab"), 500))})
    made = TargetMeans().fit_transform(frame, (classes[:, None] == np.arange(12)).astype(float))
    assert list(made)[1:] == [f"town (mean of target {number})" for number in range(1, 11)]


def test_the_cross_that_matters_is_chosen() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: pd.Categorical(rng.choice(list("ab"), 1000)) for name in ("u", "v", "w", "x")})
    target = ((frame["u"] == "a") ^ (frame["w"] == "a")).to_numpy(dtype=float)[:, None]
    made = TargetMeans(crosses=1).fit_transform(frame, target)
    assert "u × w (mean of target)" in made
    assert np.corrcoef(made["u × w (mean of target)"], target[:, 0])[0, 1] > 0.99
    assert sum(" × " in name for name in made) == 1


def test_no_row_is_told_its_own_target_by_a_level_of_its_own() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": pd.Categorical([f"r{i}" for i in range(1000)])})
    target = rng.normal(size=(1000, 1))
    _, prepared = Recipe.from_table({"steps": [{"step": "target_means"}]}).fit_transform(frame, target)
    assert abs(np.corrcoef(prepared["id (mean of target)"], target[:, 0])[0, 1]) < 0.1
