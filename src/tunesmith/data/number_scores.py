"""Metrics of predicted numbers.

Each takes the target, shape `(rows,)`; predictions, shape `(rows, 1)`; and weights, shape `(rows,)`, or None. The
values are those of scikit-learn.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..core.arrays import Floats
from ..errors import InputError
from .class_scores import Weight


def _mean(values: Floats, weight: Weight) -> float:
    return float(values.mean() if weight is None else np.average(values, weights=weight))


def mse(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the mean squared error."""
    return _mean((target - predictions[:, 0]) ** 2, weight)


def rmse(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(mse(target, predictions, weight)))


def mae(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the mean absolute error."""
    return _mean(np.abs(target - predictions[:, 0]), weight)


def median_ae(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the median absolute error."""
    errors = np.abs(target - predictions[:, 0])
    return float(np.median(errors)) if weight is None else _weighted_median(errors, weight)


def max_error(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the largest absolute error, whatever the weights."""
    return float(np.abs(target - predictions[:, 0]).max())


def mape(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the mean absolute error relative to the target, as a share."""
    least = np.finfo(np.float64).eps
    return _mean(np.abs(target - predictions[:, 0]) / np.maximum(np.abs(target), least), weight)


def smape(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the mean absolute error relative to the mean of target and prediction, as a share between 0 and 2."""
    scale = (np.abs(target) + np.abs(predictions[:, 0])) / 2
    errors = np.abs(target - predictions[:, 0])
    return _mean(np.divide(errors, scale, out=np.zeros(len(target)), where=scale > 0), weight)


def msle(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the mean squared error of log(1 + value); predictions below 0 are taken as 0."""
    _check_least(target, 0.0, "rmsle")
    return _mean((np.log1p(target) - np.log1p(np.maximum(predictions[:, 0], 0))) ** 2, weight)


def rmsle(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the root of `msle`."""
    return float(np.sqrt(msle(target, predictions, weight)))


def r2(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the share of the variance that is explained; 0 where there is none."""
    variance = mse(target, np.full_like(predictions, _mean(target, weight)), weight)
    return 1 - mse(target, predictions, weight) / variance if variance > 0 else 0.0


def explained_variance(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return `r2` without the mean error."""
    return r2(target, predictions + _mean(target - predictions[:, 0], weight), weight)


def d2_absolute_error(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the share of the mean absolute error about the median that is explained; 0 where there is none."""
    median = float(np.median(target)) if weight is None else _weighted_median(target, weight)
    error = mae(target, np.full_like(predictions, median), weight)
    return 1 - mae(target, predictions, weight) / error if error > 0 else 0.0


def poisson_deviance(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the mean deviance of a Poisson distribution; predictions are taken as above 0."""
    _check_least(target, 0.0, "poisson_deviance")
    mean = np.maximum(predictions[:, 0], 1e-9)
    logs = np.log(np.where(target > 0, target, 1) / np.where(target > 0, mean, 1))
    return _mean(2 * (target * logs - target + mean), weight)


def gamma_deviance(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the mean deviance of a gamma distribution; predictions are taken as above 0."""
    _check_least(target, np.nextafter(0, 1), "gamma_deviance")
    ratio = target / np.maximum(predictions[:, 0], 1e-9)
    return _mean(2 * (ratio - np.log(ratio) - 1), weight)


def pearson(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the correlation with the target; 0 where one does not vary."""
    first, second = target - _mean(target, weight), predictions[:, 0] - _mean(predictions[:, 0], weight)
    spread = np.sqrt(_mean(first**2, weight) * _mean(second**2, weight))
    return _mean(first * second, weight) / float(spread) if spread > 0 else 0.0


def spearman(target: Floats, predictions: Floats, weight: Weight) -> float:
    """Return the correlation of the ranks."""
    from scipy.stats import rankdata

    return pearson(rankdata(target), rankdata(predictions[:, 0])[:, None], weight)


def pinball(quantile: float) -> partial[float]:
    """Return the pinball loss of a quantile as a metric."""
    return partial(_pinball, quantile)


def _pinball(quantile: float, target: Floats, predictions: Floats, weight: Weight) -> float:
    errors = target - predictions[:, 0]
    return _mean(np.maximum(quantile * errors, (quantile - 1) * errors), weight)


def _weighted_median(values: Floats, weight: Floats) -> float:
    """Return the value at which half of the weight is reached; the mean of two where it is reached exactly."""
    order = np.argsort(values)
    sums = np.cumsum(weight[order])
    half = sums[-1] / 2
    left, right = np.searchsorted(sums, half, "left"), np.searchsorted(sums, half, "right")
    last = len(values) - 1
    return float((values[order[min(left, last)]] + values[order[min(right, last)]]) / 2)


def _check_least(target: Floats, least: float, name: str) -> None:
    if target.min() < least:
        raise InputError(
            f"the metric {name} needs a target {'above 0' if least > 0 else 'of 0 or more'}, got {target.min():g}. "
            "Choose rmse or mae.",
            keys=("metric",),
        )
