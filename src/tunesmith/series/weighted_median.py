"""The weighted median of forecasts."""

from __future__ import annotations

import numpy as np

_ROUNDING = 1e-9


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted median along the first dimension; the mean of the two in the middle where there are two.

    Args:
        values: Shape `(members, ...)`.
        weights: The weight of each member, shape `(members,)`; they sum to 1.

    >>> weighted_median(np.array([[1.0], [9.0], [2.0]]), np.array([0.3, 0.3, 0.4]))
    array([2.])
    >>> weighted_median(np.array([[1.0], [9.0]]), np.array([0.5, 0.5]))
    array([5.])
    """
    order = np.argsort(values, axis=0)
    ordered, up_to = np.take_along_axis(values, order, axis=0), np.cumsum(weights[order], axis=0)
    low = np.argmax(up_to >= 0.5 - _ROUNDING, axis=0)[None]
    high = np.argmax(up_to > 0.5 + _ROUNDING, axis=0)[None]
    middle = np.take_along_axis(ordered, low, axis=0) + np.take_along_axis(ordered, high, axis=0)
    return np.asarray(middle[0] / 2)
