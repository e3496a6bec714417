from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from tunesmith.data.problem import Problem
from tunesmith.data.scores import ALIASES, SCORES, score_named
from tunesmith.errors import InputError

RANDOM = np.random.default_rng(0)
ROWS = 400
WEIGHT = RANDOM.random(ROWS) + 0.1
NUMBER = Problem(target="y", kind="regression")


def classes(count: int) -> Problem:
    names = tuple(f"c{index}" for index in range(count))
    return Problem(target="y", kind="binary" if count == 2 else "multiclass", classes=names)


def predicted(count: int) -> tuple[np.ndarray, np.ndarray]:
    """A target, and probabilities that know something of it and have many ties."""
    target = RANDOM.integers(0, count, ROWS)
    scores = RANDOM.random((ROWS, count)) + 0.7 * (np.arange(count) == target[:, None])
    scores = np.round(scores / scores.sum(axis=1, keepdims=True), 2) + 0.01
    return target.astype(float), scores / scores.sum(axis=1, keepdims=True)


def by_label(function: Callable[..., float], **options: Any) -> Callable[..., float]:
    return lambda y, p, w: function(y, p.argmax(axis=1), sample_weight=w, **options)


def by_class(function: Callable[..., float], **options: Any) -> Callable[..., float]:
    return lambda y, p, w: function(y, p[:, 1] if p.shape[1] == 2 else p, sample_weight=w, **options)


def average_precision(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    columns = range(p.shape[1]) if p.shape[1] > 2 else [1]
    return float(np.mean([metrics.average_precision_score(y == c, p[:, c], sample_weight=w) for c in columns]))


def brier(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    squares = ((p - np.eye(p.shape[1])[y.astype(int)]) ** 2).sum(axis=1) / (2 if p.shape[1] == 2 else 1)
    return float(np.average(squares, weights=w))


def of_positive(function: Callable[..., float]) -> Callable[..., float]:
    return lambda y, p, w: function(
        y, p.argmax(axis=1), sample_weight=w, average="binary" if p.shape[1] == 2 else "macro"
    )


CLASS_SCORES: dict[str, Callable[..., float]] = {
    "log_loss": lambda y, p, w: metrics.log_loss(y, p, sample_weight=w),
    "brier": brier,
    "auc": by_class(metrics.roc_auc_score, multi_class="ovr"),
    "auc_weighted": by_class(metrics.roc_auc_score, multi_class="ovr", average="weighted"),
    "average_precision": average_precision,
    "accuracy": by_label(metrics.accuracy_score),
    "balanced_accuracy": by_label(metrics.balanced_accuracy_score),
    "f1": of_positive(metrics.f1_score),
    "f1_macro": by_label(metrics.f1_score, average="macro"),
    "f1_weighted": by_label(metrics.f1_score, average="weighted"),
    "precision": of_positive(metrics.precision_score),
    "precision_macro": by_label(metrics.precision_score, average="macro"),
    "precision_weighted": by_label(metrics.precision_score, average="weighted"),
    "recall": of_positive(metrics.recall_score),
    "recall_macro": by_label(metrics.recall_score, average="macro"),
    "mcc": by_label(metrics.matthews_corrcoef),
    "kappa": by_label(metrics.cohen_kappa_score),
    "quadratic_kappa": by_label(metrics.cohen_kappa_score, weights="quadratic"),
}
NUMBER_SCORES: dict[str, Callable[..., float]] = {
    "rmse": metrics.root_mean_squared_error,
    "mse": metrics.mean_squared_error,
    "mae": metrics.mean_absolute_error,
    "median_ae": metrics.median_absolute_error,
    "mape": metrics.mean_absolute_percentage_error,
    "msle": metrics.mean_squared_log_error,
    "rmsle": metrics.root_mean_squared_log_error,
    "poisson_deviance": metrics.mean_poisson_deviance,
    "gamma_deviance": metrics.mean_gamma_deviance,
    "r2": metrics.r2_score,
    "explained_variance": metrics.explained_variance_score,
    "d2_absolute_error": metrics.d2_absolute_error_score,
    "pinball": metrics.mean_pinball_loss,
    "max_error": lambda y, p, sample_weight=None: metrics.max_error(y, p),
}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("name", CLASS_SCORES)
def test_a_metric_of_classes_is_that_of_scikit_learn(name: str, count: int, weight: np.ndarray | None) -> None:
    target, probabilities = predicted(count)
    value = score_named(name, [classes(count)]).mean([classes(count)], target[:, None], probabilities, weight)
    assert value == pytest.approx(CLASS_SCORES[name](target, probabilities, weight), rel=1e-9)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
@pytest.mark.parametrize("name", NUMBER_SCORES)
def test_a_metric_of_numbers_is_that_of_scikit_learn(name: str, weight: np.ndarray | None) -> None:
    target = RANDOM.lognormal(size=ROWS)
    predictions = target * RANDOM.lognormal(size=ROWS, sigma=0.2)
    value = score_named(name, [NUMBER]).mean([NUMBER], target[:, None], predictions[:, None], weight)
    assert value == pytest.approx(NUMBER_SCORES[name](target, predictions, sample_weight=weight), rel=1e-9)


def test_every_metric_is_compared_or_tested_by_hand() -> None:
    by_hand = {"auc_ovo", "top_3_accuracy", "smape", "pearson", "spearman", "relative_loss"}
    assert set(SCORES) == set(CLASS_SCORES) | set(NUMBER_SCORES) | by_hand


def test_metrics_that_scikit_learn_has_without_weights_or_not_at_all() -> None:
    target, probabilities = predicted(4)
    problem = [classes(4)]
    ovo = metrics.roc_auc_score(target, probabilities, multi_class="ovo")
    assert score_named("auc_ovo", problem).mean(problem, target[:, None], probabilities) == pytest.approx(ovo)
    untied = RANDOM.permutation(ROWS * 4).reshape(ROWS, 4) / 4000
    top = metrics.top_k_accuracy_score(target, untied, k=3)
    assert score_named("top_3_accuracy", problem).mean(problem, target[:, None], untied) == pytest.approx(top)
    first, second = RANDOM.normal(size=(2, ROWS, 1))
    for name, function in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        value = score_named(name, [NUMBER]).mean([NUMBER], first, second)
        assert value == pytest.approx(function(first[:, 0], second[:, 0])[0])
    assert score_named("smape", [NUMBER]).mean([NUMBER], np.array([[1.0], [0]]), np.array([[3.0], [0]])) == 0.5


def test_a_quantile_is_part_of_the_name() -> None:
    target, predictions = RANDOM.normal(size=(2, ROWS, 1))
    score = score_named("pinball_0.9", [NUMBER])
    assert score.name == "pinball_0.9"
    assert score.mean([NUMBER], target, predictions) == pytest.approx(
        metrics.mean_pinball_loss(target, predictions, alpha=0.9)
    )


@pytest.mark.parametrize("alias", [*ALIASES, "neg_log_loss", "f1_score", "R2", "ROC-AUC", "Log Loss"])
def test_an_alias_is_the_metric(alias: str) -> None:
    problem = NUMBER if "regression" in SCORES[ALIASES.get(alias, "r2")].kinds and alias not in _CLASS else classes(3)
    assert score_named(alias, [problem]).name in SCORES


_CLASS = ("neg_log_loss", "f1_score", "ROC-AUC", "Log Loss")


@pytest.mark.parametrize("name", [name for name, score in SCORES.items() if "binary" in score.kinds])
def test_one_class_alone_gives_a_number(name: str) -> None:
    target, probabilities = np.zeros((9, 1)), np.tile([0.7, 0.3], (9, 1))
    assert np.isfinite(SCORES[name].mean([classes(2)], target, probabilities))


@pytest.mark.parametrize("name", [name for name, score in SCORES.items() if score.kinds == {"regression"}])
def test_a_constant_target_gives_a_number(name: str) -> None:
    assert np.isfinite(SCORES[name].mean([NUMBER], np.ones((9, 1)), np.full((9, 1), 2.0)))


def test_the_default_suits_the_problems() -> None:
    assert score_named(None, [classes(2), classes(3)]).name == "log_loss"
    assert score_named(None, [NUMBER]).name == "rmse"
    assert score_named(None, [NUMBER, NUMBER]).name == "relative_loss"
    assert score_named(None, [NUMBER, classes(2)]).name == "relative_loss"


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
def test_a_model_that_knows_the_target_alone_has_a_relative_loss_of_one(weight: np.ndarray | None) -> None:
    target, _ = predicted(3)
    number = RANDOM.lognormal(size=ROWS, mean=5)
    shares = np.bincount(target.astype(int), weights=weight) / (ROWS if weight is None else weight.sum())
    mean = np.average(number, weights=weight)
    predictions = np.column_stack([np.tile(shares, (ROWS, 1)), np.full(ROWS, mean)])
    problems = [classes(3), NUMBER]
    score = SCORES["relative_loss"]
    both = np.column_stack([target, number])
    assert score.mean(problems, both, predictions, weight) == pytest.approx(1)
    predictions[:, 3] = (number + mean) / 2
    assert score.mean(problems, both, predictions, weight) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("name", "problem", "message"),
    [
        ("aucc", classes(2), "Did you mean 'auc'"),
        ("rmse", classes(2), "which is for other problems"),
        ("accuracy", NUMBER, "which is for other problems"),
        ("pinball_1.5", NUMBER, "Did you mean 'pinball'"),
    ],
)
def test_a_metric_that_does_not_exist_or_fit_is_refused(name: str, problem: Problem, message: str) -> None:
    with pytest.raises(InputError, match=message):
        score_named(name, [problem])


def test_logarithms_need_a_target_that_is_not_negative() -> None:
    with pytest.raises(InputError, match="rmsle needs a target of 0 or more"):
        SCORES["rmsle"].mean([NUMBER], np.array([[-1.0]]), np.array([[1.0]]))


def test_only_metrics_of_labels_say_so() -> None:
    assert SCORES["f1"].labels
    assert not SCORES["log_loss"].labels
    assert not SCORES["auc"].labels
