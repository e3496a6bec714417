"""Decision thresholds: which class is chosen from probabilities, for metrics that judge the chosen class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.arrays import Floats, Indices
from ..data.problem import Problem
from ..data.scores import Score, per_problem

_THRESHOLDS = 199
_SMOOTHED = 5  # Neighbouring thresholds whose scores are averaged: the score of a single one is noisy.
_FACTORS = (0.25, 0.4, 0.6, 0.8, 1.25, 1.6, 2.5, 4.0)
_ROUNDS = 3
_MOST_CLASSES = 30
_MOST_ROWS = 20_000
_LEAST_THRESHOLD = 1e-6


def fit_factors(
    problems: Sequence[Problem], target: Floats, predictions: Floats, score: Score, weight: Floats | None = None
) -> tuple[tuple[float, ...], ...]:
    """Return a factor for each class of each problem: the class with the largest product is chosen.

    All are 1 unless the metric judges chosen classes and other factors score better out of fold.

    Args:
        problems: What is predicted.
        target: Encoded, shape `(rows, problems)`.
        predictions: Out-of-fold predictions, shape `(rows, outputs)`.
        score: The metric.
        weight: The weight of each row, shape `(rows,)`.
    """
    rows: Indices | slice = slice(None)
    if len(target) > _MOST_ROWS:
        rows = np.sort(np.random.default_rng(0).permutation(len(target))[:_MOST_ROWS])
    part_weight = None if weight is None else weight[rows]
    factors = []
    for index, (problem, part) in enumerate(zip(problems, per_problem(problems, predictions), strict=True)):
        fitted = (1.0,) * problem.outputs
        if score.labels and problem.is_classification and problem.outputs <= _MOST_CLASSES:
            find = _threshold if problem.outputs == 2 else _factors
            fitted = find(target[rows, index], part[rows], score, part_weight)
        factors.append(fitted)
    return tuple(factors)


def apply_factors(problems: Sequence[Problem], predictions: Floats, factors: Sequence[Sequence[float]]) -> Floats:
    """Return predictions times the factors of their classes, shape `(rows, outputs)`: the largest is chosen."""
    parts = per_problem(problems, predictions)
    return np.column_stack([part * np.asarray(own) for part, own in zip(parts, factors, strict=True)])


def _threshold(target: Floats, shares: Floats, score: Score, weight: Floats | None) -> tuple[float, ...]:
    """Return the factors of the threshold of the positive class with the best score, smoothed over its neighbours."""
    thresholds = np.unique(np.quantile(shares[:, 1], np.linspace(0.005, 0.995, _THRESHOLDS)))
    thresholds = np.append(thresholds, 0.5)
    thresholds.sort()
    values = np.array([_value(target, shares * [cut, 1 - cut], score, weight) for cut in thresholds])
    padded = np.pad(values, _SMOOTHED // 2, mode="edge")
    smooth = np.convolve(padded, np.ones(_SMOOTHED) / _SMOOTHED, mode="valid")
    best = float(thresholds[int(np.argmax(smooth))])
    if smooth.max() <= _value(target, shares, score, weight):
        return (1.0, 1.0)
    best = round(min(max(best, _LEAST_THRESHOLD), 1 - _LEAST_THRESHOLD), 6)
    return (best, round(1 - best, 6))


def _factors(target: Floats, shares: Floats, score: Score, weight: Floats | None) -> tuple[float, ...]:
    """Return factors found by changing that of one class at a time."""
    factors = np.ones(shares.shape[1])
    best = _value(target, shares, score, weight)
    for _ in range(_ROUNDS):
        before = best
        for index in range(len(factors)):
            for factor in _FACTORS:
                tried = factors.copy()
                tried[index] *= factor
                if (value := _value(target, shares * tried, score, weight)) > best:
                    best, factors = value, tried
        if best == before:
            break
    return tuple(float(factor) for factor in factors / factors.max())


def _value(target: Floats, products: Floats, score: Score, weight: Floats | None) -> float:
    value = score.function(target, products, weight)
    return value if score.maximize else -value
