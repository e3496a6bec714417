"""Forecasts do not leave the range that a series can have."""

from __future__ import annotations

import numpy as np

from ..core.arrays import Floats
from .panel import Panel


def floors(panel: Panel) -> Floats:
    """Return what forecasts must not be below: 0 where no value of the history is, shape `(series,)`."""
    least, _ = panel.extremes()
    return np.where(least >= 0, 0.0, -np.inf)


def bounded(forecast: Floats, panel: Panel) -> Floats:
    """Return a forecast that is not below 0 where no value of the history is.

    Args:
        forecast: Quantiles, shape `(series, horizon, levels)`.
        panel: The series up to the origin.
    """
    return np.maximum(forecast, floors(panel)[:, None, None])
