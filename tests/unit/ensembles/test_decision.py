import numpy as np
import pytest

from tunesmith.data.problem import Problem
from tunesmith.data.scores import score_named
from tunesmith.ensembles.combination import Combination
from tunesmith.ensembles.decision import apply_factors, fit_factors

BINARY = (Problem(target="c", kind="binary", classes=("no", "yes")),)
THREE = (Problem(target="c", kind="multiclass", classes=("a", "b", "d")),)
NUMBER = (Problem(target="n", kind="regression"),)


def rare(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes of which the positive one is rare, and their true probabilities."""
    rng = np.random.default_rng(seed)
    positive = rng.beta(0.5, 8, size=rows)
    return (rng.random(rows) < positive).astype(float)[:, None], np.column_stack([1 - positive, positive])


def test_a_threshold_found_out_of_fold_helps_on_new_rows() -> None:
    f1 = score_named("f1", BINARY)
    target, shares = rare(5000, 0)
    factors = fit_factors(BINARY, target, shares, f1)
    target, shares = rare(5000, 1)
    assert f1.mean(BINARY, target, apply_factors(BINARY, shares, factors)) > f1.mean(BINARY, target, shares) + 0.1


def test_probabilities_are_scored_as_they_are() -> None:
    target, shares = rare(500, 0)
    assert fit_factors(BINARY, target, shares, score_named("log_loss", BINARY)) == ((1.0, 1.0),)
    assert fit_factors(NUMBER, shares[:, :1], shares[:, :1], score_named("rmse", NUMBER)) == ((1.0,),)


def test_rare_classes_of_several_are_found() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([8.0, 1.0, 1.0], size=6000)
    target = (rng.random((6000, 1)) > shares.cumsum(axis=1)).sum(axis=1).astype(float)[:, None]
    balanced = score_named("balanced_accuracy", THREE)
    factors = fit_factors(THREE, target[:3000], shares[:3000], balanced)
    new = apply_factors(THREE, shares[3000:], factors)
    assert balanced.mean(THREE, target[3000:], new) > balanced.mean(THREE, target[3000:], shares[3000:]) + 0.05


def test_a_combination_chooses_classes_by_its_factors() -> None:
    f1 = score_named("f1", BINARY)
    target, shares = rare(3000, 0)
    combination = Combination.fit(BINARY, target, {4: shares}, f1)
    outputs = combination.apply(BINARY, {4: shares})
    chosen = combination.decide(BINARY, outputs)
    assert combination.score(BINARY, target, {4: shares}, f1) == pytest.approx(f1.mean(BINARY, target, chosen))
    assert f1.mean(BINARY, target, chosen) > f1.mean(BINARY, target, outputs)


def test_members_keep_a_limit_together() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=(4000, 1))
    predictions = {number: target + rng.normal(size=(4000, 1)) for number in range(6)}
    rmse = score_named("rmse", NUMBER)
    free = Combination.fit(NUMBER, target, predictions, rmse)
    pair = Combination.fit(NUMBER, target, predictions, rmse, fits=lambda trials: len(trials) <= 2)
    assert len(free.weights) > 2
    assert len(pair.weights) == 2


def test_factors_are_above_zero_where_classes_are_told_apart_perfectly() -> None:
    positive = np.concatenate([np.geomspace(1e-12, 1e-9, 200), np.full(200, 1 - 1e-9)])
    target, shares = (positive > 1e-11).astype(float)[:, None], np.column_stack([1 - positive, positive])
    ((no, yes),) = fit_factors(BINARY, target, shares, score_named("recall", BINARY))
    assert 0 < no < 1
    assert 0 < yes < 1


def test_selection_does_not_depend_on_the_unit_of_the_target() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=(3000, 1))
    predictions = {number: target + rng.normal(size=(3000, 1)) for number in range(4)}
    rmse = score_named("rmse", NUMBER)
    weights = Combination.fit(NUMBER, target, predictions, rmse).weights
    tiny = {number: 1e-7 * predicted for number, predicted in predictions.items()}
    assert Combination.fit(NUMBER, 1e-7 * target, tiny, rmse).weights == weights
