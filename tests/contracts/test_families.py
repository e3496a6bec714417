"""The contract of every family in the folder."""

from __future__ import annotations

import dataclasses
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith import Choice, InputError, plugins
from tunesmith.core.space import SearchSpace
from tunesmith.data.problem import Problem
from tunesmith.data.scores import score_named
from tunesmith.ensembles.training import load_model, train_model
from tunesmith.families.base import Model, TrainingPart

INSTALLED = [name for name in plugins.names("families") if plugins.load("families", name).profile.missing() is None]
LEARNERS = [name for name in INSTALLED if name != "prior"]
BOOSTERS = ("additive", "catboost", "hist_gradient_boosting", "lightgbm", "xgboost")
QUICK = {"trees": 30, "learning_rate": 0.15, "epochs": 20, "depth": 4}
"""Replaces parameters of these names, so that a fit takes a moment."""
PROBLEMS = {
    "binary": Problem(target="y", kind="binary", classes=("no", "yes")),
    "multiclass": Problem(target="y", kind="multiclass", classes=("a", "b", "c")),
    "regression": Problem(target="y", kind="regression"),
}
ROWS = 240


def frame(rows: int, *, text: bool = False) -> pd.DataFrame:
    """Numbers with gaps, a constant, a column without a value, and categories with gaps and with an unused level."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(3, rows))
    numbers[1, rng.random(rows) < 0.1] = np.nan
    levels = rng.integers(-1, 4, rows)
    columns: dict[str, Any] = {
        "a": numbers[0],
        "b": numbers[1],
        "large": 1e6 * numbers[2],
        "constant": np.ones(rows),
        "empty": np.full(rows, np.nan),
        "level": pd.Categorical.from_codes(levels, categories=["w", "x", "y", "z", "unused"]),
    }
    if text:
        words = np.array([["dull", "plain", "grey"], ["bright", "lively", "red"]], dtype=object)
        drawn = rng.integers(0, 3, (2, rows))
        high = (numbers[0] > 0).astype(int)
        columns["words"] = pd.Series([f"{words[h][i]} and {words[h][j]}" for h, i, j in zip(high, *drawn, strict=True)])
    return pd.DataFrame(columns)


def target_of(features: pd.DataFrame, problem: Problem) -> np.ndarray:
    """A target that depends on `a`, and a little on the category."""
    signal = features["a"].to_numpy() + 0.3 * features["level"].cat.codes.to_numpy()
    if problem.kind == "regression":
        return 100 + 10 * signal
    cuts = [0.3] if problem.kind == "binary" else [0.0, 0.8]
    return np.digitize(signal, cuts).astype(float)


def part_of(name: str, kind: str, rows: int = ROWS, **changes: Any) -> TrainingPart:
    problem = PROBLEMS[kind]
    features = frame(rows, text=plugins.load("families", name).takes_text)
    target = target_of(features, problem)
    held_out = np.arange(rows) % 4 == 0
    part = TrainingPart(
        features=features[~held_out],
        target=target[~held_out],
        validation=(features[held_out], target[held_out]),
        problem=problem,
        seed=3,
    )
    return dataclasses.replace(part, **changes)


def texts_of(name: str) -> list[str]:
    return ["words"] if plugins.load("families", name).profile.text_only else []


def with_columns(part: TrainingPart, names: list[str]) -> TrainingPart:
    features, target = part.validation
    return dataclasses.replace(part, features=part.features[names], validation=(features[names], target))


def fit(name: str, part: TrainingPart) -> Model:
    family = plugins.load("families", name)()
    parameters = family.configurations(part.problem)[0]
    return train_model(family, part, parameters | {key: QUICK[key] for key in QUICK.keys() & parameters.keys()})


@cache
def fitted(name: str, kind: str) -> Model:
    return fit(name, part_of(name, kind))


def assert_valid(predictions: np.ndarray, rows: int, problem: Problem) -> None:
    assert predictions.shape == (rows, problem.outputs)
    assert predictions.dtype == np.float64
    assert np.isfinite(predictions).all()
    if problem.is_classification:
        assert (predictions >= 0).all()
        np.testing.assert_allclose(predictions.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("name", plugins.names("families"))
def test_configurations_lie_in_the_space(name: str) -> None:
    family = plugins.load("families", name)()
    for problem in PROBLEMS.values():
        configurations = family.configurations(problem)
        assert configurations or family.profile.checkpoint  # without weights, there is nothing to try
        for parameters in configurations:
            assert parameters.keys() == family.space.keys()
            assert all(family.space[key].contains(value) for key, value in parameters.items()), parameters
        assert len({SearchSpace({"none": Choice([0]), **family.space}).key(c) for c in configurations}) == len(
            configurations
        )


@pytest.mark.parametrize("name", plugins.names("families"))
def test_estimates_grow_with_the_table(name: str) -> None:
    family = plugins.load("families", name)()
    for problem in PROBLEMS.values():
        for parameters in family.configurations(problem):
            few, many = (family.seconds(rows, 20, problem, parameters) for rows in (1000, 1_000_000))
            assert 0 <= few <= many < np.inf


@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize("name", INSTALLED)
def test_predictions_are_valid_also_of_rows_unlike_any(name: str, kind: str) -> None:
    features, _ = part_of(name, kind).validation
    strange = features.iloc[:3].copy()
    strange["a"] = [np.nan, 1e300, -1e300]
    strange["level"] = pd.Categorical([None, "unused", "w"], categories=["w", "x", "y", "z", "unused"])
    for rows in (features, features.iloc[:1], strange):
        assert_valid(fitted(name, kind).predict(rows), len(rows), PROBLEMS[kind])


@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize("name", LEARNERS)
def test_beats_the_prior(name: str, kind: str) -> None:
    part = part_of(name, kind)
    (features, target), problems = part.validation, (part.problem,)
    loss, least = (
        score_named(None, problems).loss(problems, target[:, None], fitted(family, kind).predict(features))
        for family in (name, "prior")
    )
    assert loss < 0.85 * least


@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize("name", INSTALLED)
def test_a_loaded_model_predicts_the_same_and_holds_no_pickle(name: str, kind: str, tmp_path: Path) -> None:
    model = fitted(name, kind)
    model.save(tmp_path)
    features = frame(500, text=plugins.load("families", name).takes_text)
    np.testing.assert_array_equal(load_model(tmp_path, name).predict(features), model.predict(features))
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert content[:2] not in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), path
        if path.suffix in (".npz", ".npy"):
            np.load(path, allow_pickle=False)


@pytest.mark.parametrize("name", LEARNERS)
def test_the_same_seed_gives_the_same_model(name: str) -> None:
    part = part_of(name, "binary")
    again = fit(name, part).predict(part.features)
    np.testing.assert_array_equal(again, fitted(name, "binary").predict(part.features))


@pytest.mark.parametrize("name", INSTALLED)
def test_weights_count(name: str) -> None:
    part = with_columns(part_of(name, "binary"), ["level", *texts_of(name)])  # On which rows of both classes agree.
    heavy = dataclasses.replace(part, weight=np.where(part.target == 1, 20.0, 1.0))
    weighed, plain = (fit(name, weight).predict(part.validation[0])[:, 1].mean() for weight in (heavy, part))
    assert weighed > plain + 0.03
    part = part_of(name, "regression")
    model = fit(name, dataclasses.replace(part, weight=np.where(part.target > part.target.mean(), 20.0, 1.0)))
    weighed, plain = (m.predict(part.validation[0]) for m in (model, fitted(name, "regression")))
    assert not np.allclose(weighed, plain, rtol=1e-6)


@pytest.mark.parametrize("name", INSTALLED)
def test_rows_without_weight_do_not_count(name: str) -> None:
    part = part_of(name, "binary")
    weight = np.ones(len(part.target))
    weight[part.target == 1] = 0.0
    predictions = fit(name, dataclasses.replace(part, weight=weight)).predict(part.validation[0])
    assert predictions[:, 1].max() < 0.1


@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize("name", INSTALLED)
def test_a_deadline_in_the_past_leaves_a_valid_model(name: str, kind: str) -> None:
    part = part_of(name, kind, deadline=time.monotonic() - 1)
    assert_valid(fit(name, part).predict(part.validation[0]), len(part.validation[1]), part.problem)


@pytest.mark.parametrize("name", INSTALLED)
def test_a_class_that_the_training_rows_lack_is_possible_in_the_others(name: str) -> None:
    whole = part_of(name, "multiclass")
    kept = whole.target != 1
    part = dataclasses.replace(whole, features=whole.features[kept], target=whole.target[kept])
    assert_valid(fit(name, part).predict(part.validation[0]), len(part.validation[1]), part.problem)


@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize("name", INSTALLED)
def test_one_class_or_one_number_only(name: str, kind: str, tmp_path: Path) -> None:
    whole = part_of(name, kind)
    model = fit(name, dataclasses.replace(whole, target=np.ones(len(whole.target))))
    predictions = model.predict(whole.validation[0])
    assert_valid(predictions, len(whole.validation[1]), whole.problem)
    assert (predictions.argmax(axis=1) == 1).all() if whole.problem.is_classification else (predictions == 1).all()
    model.save(tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path, name).predict(whole.validation[0]), predictions)


@pytest.mark.parametrize("columns", [["a"], ["level"], ["constant"], ["empty"], []])
@pytest.mark.parametrize("name", INSTALLED)
def test_few_columns(name: str, columns: list[str], tmp_path: Path) -> None:
    for kind in ("multiclass", "regression"):
        whole = part_of(name, kind, rows=60)
        part = with_columns(whole, [*columns, *texts_of(name)])
        model = fit(name, part)
        assert_valid(model.predict(part.validation[0]), len(part.validation[1]), part.problem)
        folder = tmp_path / kind
        folder.mkdir()
        model.save(folder)
        np.testing.assert_array_equal(load_model(folder, name).predict(part.features), model.predict(part.features))


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("name", INSTALLED)
def test_few_rows(name: str, rows: int) -> None:
    for kind in PROBLEMS:
        whole = part_of(name, kind)
        part = dataclasses.replace(whole, features=whole.features.iloc[:rows], target=whole.target[:rows])
        assert_valid(fit(name, part).predict(part.validation[0]), len(part.validation[1]), part.problem)


@pytest.mark.parametrize("name", INSTALLED)
def test_many_classes_of_few_rows(name: str) -> None:
    classes = 15
    problem = Problem(target="y", kind="multiclass", classes=tuple(f"{index:02}" for index in range(classes)))
    whole = part_of(name, "regression", rows=80)
    ranks = np.clip((whole.target - 80) / 3, 0, classes - 1).astype(int).astype(float)
    features, target = whole.validation
    held_out = np.clip((target - 80) / 3, 0, classes - 1).astype(int).astype(float)
    part = dataclasses.replace(
        whole, problem=problem, target=ranks, validation=(features, held_out), deadline=time.monotonic() + 1
    )
    assert_valid(fit(name, part).predict(features), len(features), problem)


@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize("name", INSTALLED)
def test_a_model_of_all_rows_is_trained_for_the_rounds_that_it_is_given(name: str, kind: str, tmp_path: Path) -> None:
    if plugins.load("families", name).profile.needs_validation:
        pytest.skip("it cannot be trained without rows held out")
    part = part_of(name, kind)
    features, target = part.validation
    unlike = (features.iloc[:1], np.full(1, 1 - target[0]))
    models = [fit(name, dataclasses.replace(part, validation=rows, rounds=7)) for rows in (part.validation, unlike)]
    assert_valid(models[0].predict(features), len(target), part.problem)
    np.testing.assert_array_equal(models[0].predict(features), models[1].predict(features))
    models[0].save(tmp_path)
    rounds = [getattr(model, "rounds", 7) for model in (models[0], load_model(tmp_path, name))]
    assert rounds == [7, 7]
    assert hasattr(fitted(name, kind), "rounds") == (name in BOOSTERS)


@pytest.mark.parametrize("name", INSTALLED)
def test_limits_are_kept(name: str) -> None:
    profile = plugins.load("families", name).profile
    if profile.most_rows is None:
        assert profile.suits(10**7, 10, texts=1)
        return
    assert not profile.suits(profile.most_rows + 1, 2, texts=1)
    part = part_of(name, "binary", rows=8)
    rows = np.resize([0, 1], profile.most_rows + 1)
    with pytest.raises(InputError, match="takes at most"):
        fit(name, dataclasses.replace(part, features=part.features.iloc[rows], target=rows.astype(float)))
