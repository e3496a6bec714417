"""The mean of the last seasons, at the level of the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel, deviation, normal, repeat_season
from .base import ForecastProfile


class SeasonalAverageModel(LocalModel):
    """Repeats the mean shape of the last seasons at the level of the last one."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        if not seasons:
            return repeat_season(history, horizon, 1)
        season = seasons[min(int(self.parameters["season"]), len(seasons)) - 1]
        cycles = min(int(self.parameters["cycles"]), len(history) // season)
        last = history[-cycles * season :].reshape(cycles, season)
        shape = last.mean(axis=0) - last.mean() + last[-1].mean()
        steps = np.arange(horizon)
        return normal(shape[steps % season], deviation(history, season) * np.sqrt(steps // season + 1))


class SeasonalAverageForecaster(LocalForecaster):
    """Repeats the mean shape of the last seasons at the level of the last one.

    A single season has its accidents. In three windows before the test parts of eight sets (taxi, gasoline,
    temperatures, milk, AirPassengers, beer, M3 monthly and quarterly) the mean of four had a MASE of 0.93 times that of
    the last season, as a geometric mean.
    """

    profile: ClassVar = ForecastProfile(
        title="Seasonal average",
        purpose="repeats the mean of the last seasons at the level of the last one",
        interpretable=True,
        is_local=True,
        least_length=1,
    )
    model: ClassVar = SeasonalAverageModel
    space: ClassVar[Mapping[str, Parameter]] = {"season": Int(1, 3), "cycles": Int(2, 12, log=True)}

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return the mean of four of each season, the longest season first."""
        return [{"season": number, "cycles": 4} for number in range(min(len(panel.seasons), 3), 0, -1)]
