"""Forecasts do not leave the range that a series can have."""

from __future__ import annotations

import numpy as np

from ..core.arrays import Floats
from .panel import Panel


def bounded(forecast: Floats, panel: Panel) -> Floats:
    """Return a forecast that is not below 0 where no value of the history is.

    Args:
        forecast: Quantiles, shape `(series, horizon, levels)`.
        panel: The series up to the origin.
    """
    least, _ = panel.extremes()
    return np.maximum(forecast, np.where(least >= 0, 0.0, -np.inf)[:, None, None])
