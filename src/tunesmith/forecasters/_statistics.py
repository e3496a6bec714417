"""Forecasts of statsforecast's models as quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.arrays import Floats
from ..series.levels import LEVELS, sorted_levels
from ._local import deviation, normal

_BANDS = sorted({round(100 * abs(1 - 2 * level)) for level in LEVELS if level != 0.5})
MODULES = ("statsforecast",)
EXTRA = "forecasting"


def quantiles_of(model: Any, history: Floats, horizon: int) -> Floats:
    """Return the forecast of a model of statsforecast as quantiles, shape `(horizon, levels)`.

    Args:
        model: One whose intervals are its own.
        history: The values of a series, shape `(length,)`.
        horizon: The number of steps.
    """
    return _quantiles(model.forecast(y=history, h=horizon, level=list(_BANDS)))


def points_of(model: Any, history: Floats, horizon: int, season: int) -> Floats:
    """Return the forecast of a model with the intervals of a seasonal naive one; its own are unknown, or slow.

    Args:
        model: A model of statsforecast.
        history: The values of a series, shape `(length,)`.
        horizon: The number of steps.
        season: The length of the season.
    """
    point = np.asarray(model.forecast(y=history, h=horizon)["mean"], dtype=np.float64)
    return normal(point, deviation(history, season) * np.sqrt(np.arange(horizon) // season + 1))


def _quantiles(result: Mapping[str, Any]) -> Floats:
    columns = []
    for level in LEVELS:
        band = round(100 * abs(1 - 2 * level))
        columns.append(result["mean" if level == 0.5 else f"{'lo' if level < 0.5 else 'hi'}-{band}"])
    return np.asarray(sorted_levels(np.column_stack(columns).astype(np.float64)))
