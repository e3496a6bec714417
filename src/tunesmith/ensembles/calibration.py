"""Temperature scaling of probabilities (Guo et al. 2017, section 4.2): one number for each problem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.arrays import Floats
from ..data.problem import Problem
from ..data.scores import per_problem

LEAST_PROBABILITY = 1e-7
_RANGE = (0.3, 3.0)


def sharpness(target: Floats, predictions: Floats) -> float:
    """Return the exponent of probabilities, an inverse temperature, that gives the lowest log loss.

    Above 1, predictions were too cautious, as those of averaged models are.

    Args:
        target: Class indices, shape `(rows,)`.
        predictions: Probabilities, shape `(rows, classes)`.
    """
    from scipy.optimize import minimize_scalar

    logs, rows = _logs(predictions), np.arange(len(target))
    chosen = target.astype(int)

    def loss(exponent: float) -> float:
        powers = exponent * logs
        return float((np.log(np.exp(powers).sum(axis=1)) - powers[rows, chosen]).mean())

    return float(minimize_scalar(loss, bounds=_RANGE, method="bounded").x)


def sharpen(predictions: Floats, exponent: float) -> Floats:
    """Return probabilities to the power of an exponent, normalised; shape `(rows, classes)`."""
    if exponent == 1.0:
        return predictions
    powers: Floats = np.exp(exponent * _logs(predictions))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def fit_sharpness(problems: Sequence[Problem], target: Floats, predictions: Floats) -> tuple[float, ...]:
    """Return the exponent for each problem; 1 for numbers.

    Args:
        problems: What is predicted.
        target: Encoded, shape `(rows, problems)`.
        predictions: The outputs of one problem after the other, shape `(rows, outputs)`.
    """
    return tuple(
        round(sharpness(target[:, index], part), 4) if problems[index].is_classification else 1.0
        for index, part in enumerate(per_problem(problems, predictions))
    )


def apply_sharpness(problems: Sequence[Problem], predictions: Floats, exponents: Sequence[float]) -> Floats:
    """Return the predictions of all problems, those of classes sharpened."""
    parts = per_problem(problems, predictions)
    return np.column_stack(
        [
            sharpen(part, exponent) if problem.is_classification else part
            for problem, part, exponent in zip(problems, parts, exponents, strict=True)
        ]
    )


def _logs(predictions: Floats) -> Floats:
    """Return logarithms of normalised probabilities, which are at least 1e-7."""
    shares = predictions / predictions.sum(axis=1, keepdims=True)
    logs: Floats = np.log(np.clip(shares, LEAST_PROBABILITY, 1.0))
    return logs
