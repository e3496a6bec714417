"""The quantiles that a forecast consists of."""

from __future__ import annotations

import numpy as np

LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""The levels of the quantiles, in the order of the last dimension of a forecast."""
MEDIAN = LEVELS.index(0.5)
"""Where the median is, which is the point forecast."""


def sorted_levels(forecast: np.ndarray) -> np.ndarray:
    """Return a forecast whose quantiles do not cross; the median stays as it is.

    Args:
        forecast: Quantiles, shape `(..., levels)`.
    """
    above = np.maximum.accumulate(forecast[..., MEDIAN:], axis=-1)
    below = np.minimum.accumulate(forecast[..., MEDIAN::-1], axis=-1)[..., ::-1]
    return np.concatenate([below, above[..., 1:]], axis=-1)
