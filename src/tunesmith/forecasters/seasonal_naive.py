"""The last season again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ..core.arrays import Floats
from ..core.parameters import Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel, repeat_season
from .base import ForecastProfile


class SeasonalNaiveModel(LocalModel):
    """Repeats the last season."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        wanted = int(self.parameters.get("season", 1)) - 1
        return repeat_season(history, horizon, seasons[min(wanted, len(seasons) - 1)] if seasons else 1)


class SeasonalNaiveForecaster(LocalForecaster):
    """Repeats the last season: what every other model must beat."""

    profile: ClassVar = ForecastProfile(
        title="Seasonal naive",
        purpose="repeats the last season; what every model must beat",
        interpretable=True,
        is_local=True,
        least_length=1,
    )
    model: ClassVar = SeasonalNaiveModel
    space: ClassVar[Mapping[str, Parameter]] = {"season": Int(1, 3)}

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return each of the seasons, by its number."""
        return [{"season": number} for number in range(1, min(len(panel.seasons), 3) + 1)] or [{"season": 1}]
