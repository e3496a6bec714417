"""The straight line from the first to the last value, continued."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..core.arrays import Floats
from ._local import LocalForecaster, LocalModel, normal
from .base import ForecastProfile


class DriftModel(LocalModel):
    """Continues the line from the first to the last value."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`.

        The variance is that of Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 5.5.
        """
        steps, differences = np.arange(1, horizon + 1), np.diff(history)
        point = history[-1] + steps * differences.mean()
        spread = float(np.std(differences, ddof=1)) if len(differences) > 1 else abs(float(differences[0]))
        return normal(point, spread * np.sqrt(steps * (1 + steps / len(differences))))


class DriftForecaster(LocalForecaster):
    """Continues the line from the first to the last value."""

    profile: ClassVar = ForecastProfile(
        title="Drift",
        purpose="continues the line from the first to the last value; for values that wander with a trend",
        interpretable=True,
        is_local=True,
    )
    model: ClassVar = DriftModel
