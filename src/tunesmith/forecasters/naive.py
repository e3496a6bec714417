"""The last value again and again."""

from __future__ import annotations

from typing import ClassVar

from ..core.arrays import Floats
from ._local import LocalForecaster, LocalModel, repeat_season
from .base import ForecastProfile


class NaiveModel(LocalModel):
    """Repeats the last value."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        return repeat_season(history, horizon, 1)


class NaiveForecaster(LocalForecaster):
    """Repeats the last value: hard to beat where values wander, as prices do."""

    profile: ClassVar = ForecastProfile(
        title="Naive",
        purpose="repeats the last value; hard to beat where values wander, as prices do",
        interpretable=True,
        is_local=True,
        least_length=1,
    )
    model: ClassVar = NaiveModel
