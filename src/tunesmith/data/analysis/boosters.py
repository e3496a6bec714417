"""Small boosters by which the analyst compares splits and tells tables apart; never the models that `fit` returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.arrays import Floats, Indices
from ..problem import Problem

_PARAMETERS: dict[str, Any] = {
    "objective": "regression",
    "learning_rate": 0.15,
    "num_leaves": 15,
    "max_bin": 63,
    "feature_fraction": 0.8,
    "min_data_in_bin": 3,
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}
_ROUNDS = 40
_MOST_COLUMNS = 100
_MOST_DIGITS = 3


def train(features: Floats, target: Floats, *, seed: int, rounds: int = _ROUNDS) -> list[Any]:
    """Return LightGBM boosters that minimise the squared error, one for each output.

    Args:
        features: Shape `(rows, columns)`; NaN is missing.
        target: Numbers, shape `(rows, outputs)`.
        seed: Which columns a tree sees.
        rounds: The number of trees.
    """
    import lightgbm

    features = _some(features)
    least = min(20, max(2, len(target) // 50))
    parameters = {**_PARAMETERS, "seed": seed, "min_data_in_leaf": least}
    data = lightgbm.Dataset(features, params=parameters, free_raw_data=False)
    boosters = []
    for output in target.T:
        data.set_label(np.ascontiguousarray(output))
        boosters.append(lightgbm.train(parameters, data, num_boost_round=rounds))
    return boosters


def predict(boosters: list[Any], features: Floats) -> Floats:
    """Return the predictions of boosters, shape `(rows, outputs)`."""
    return np.column_stack([booster.predict(_some(features), num_threads=1) for booster in boosters])


def _some(features: Floats) -> Floats:
    """Return features, or a constant where there are none, as LightGBM needs one."""
    return features if features.shape[1] else np.zeros((len(features), 1))


def out_of_fold(features: Floats, target: Floats, folds: Indices, *, seed: int) -> Floats:
    """Return the prediction of each row by boosters that have not seen its fold; shape `(rows, outputs)`.

    Args:
        features: Shape `(rows, columns)`.
        target: Shape `(rows, outputs)`.
        folds: The fold of each row, from 0, shape `(rows,)`.
        seed: The seed of the boosters.
    """
    predicted = np.full(target.shape, np.nan)
    for fold in range(int(folds.max()) + 1):
        held_out = folds == fold
        boosters = train(features[~held_out], target[~held_out], seed=seed)
        predicted[held_out] = predict(boosters, features[held_out])
    return predicted


def losses(target: Floats, predicted: Floats) -> Floats:
    """Return the squared error of each row as a share of the target's variance; shape `(rows,)`.

    Args:
        target: Shape `(rows, outputs)`.
        predicted: Shape `(rows, outputs)`.
    """
    variance = float(((target - target.mean(axis=0)) ** 2).sum(axis=1).mean())
    per_row: Floats = ((target - predicted) ** 2).sum(axis=1) / max(variance, 1e-12)
    return per_row


def shuffled_folds(rows: int, count: int, seed: int) -> Indices:
    """Return a random fold for each row, of equal sizes; shape `(rows,)`."""
    folds: Indices = np.random.default_rng(seed).permutation(np.arange(rows) % count)
    return folds


def as_numbers_to_predict(problem: Problem, target: Floats) -> Floats:
    """Return an encoded target as numbers on which the squared error is a fair score; shape `(rows, outputs)`.

    Numbers become ranks between 0 and 1, so that no outlier rules. Classes become the binary digits of their rank by
    frequency, at most three, so that many classes cost no more than a few.

    Args:
        problem: What is to be predicted.
        target: Encoded, shape `(rows,)`.
    """
    if problem.kind == "regression":
        from scipy.stats import rankdata

        return np.asarray(rankdata(target) / len(target), dtype=np.float64)[:, None]
    codes = target.astype(int)
    counts = np.bincount(codes, minlength=len(problem.classes))
    ranks = np.empty(len(counts), dtype=int)
    ranks[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    digits = min(max(int((counts > 0).sum()) - 1, 1).bit_length(), _MOST_DIGITS)
    numbers: Floats = ((ranks[codes][:, None] >> np.arange(digits)) & 1).astype(np.float64)
    return numbers


def numbers_to_predict(problems: Sequence[Problem], target: Floats) -> list[Floats]:
    """Return each target as numbers; `target` has the shape `(rows, problems)`."""
    return [as_numbers_to_predict(problem, target[:, index]) for index, problem in enumerate(problems)]


def some_columns(features: Floats, seed: int) -> Floats:
    """Return at most 100 columns, drawn at random where there are more."""
    if features.shape[1] <= _MOST_COLUMNS:
        return features
    chosen = np.random.default_rng(seed).choice(features.shape[1], _MOST_COLUMNS, replace=False)
    return features[:, np.sort(chosen)]


def standard_errors(differences: Floats) -> float:
    """Return how many standard errors the mean of differences is above 0, for rows that are independent.

    That is what is to be refuted, so that the likeness of rows does not enter.
    """
    return float(differences.mean() / max(differences.std(ddof=1) / np.sqrt(len(differences)), 1e-12))
