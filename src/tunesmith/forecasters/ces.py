"""Complex exponential smoothing, with statsforecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ..core.arrays import Floats
from ..core.parameters import Choice, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel
from ._statistics import EXTRA, MODULES, points_of
from .base import ForecastProfile

_MOST_SEASON = 24


class CesModel(LocalModel):
    """Complex exponential smoothing (Svetunkov, Kourentzes and Ord 2022)."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`.

        The intervals of the model would be simulated, which takes 15 times as long as the forecast.
        """
        from statsforecast.models import AutoCES

        season = next((season for season in seasons if season <= _MOST_SEASON), 1)
        form = str(self.parameters["form"]) if season > 1 else "N"
        return points_of(AutoCES(season_length=season, model=form), history, horizon, season)


class CesForecaster(LocalForecaster):
    """Smoothing in complex numbers, which needs no choice of a trend."""

    profile: ClassVar = ForecastProfile(
        title="CES",
        purpose="smoothing in complex numbers, which needs no choice of a trend; unlike the others in an ensemble",
        is_local=True,
        least_length=8,
        most_length=1_000,
        train_cost="medium",
        modules=MODULES,
        extra=EXTRA,
    )
    model: ClassVar = CesModel
    libraries: ClassVar[Sequence[str]] = ("statsforecast.models",)
    space: ClassVar[Mapping[str, Parameter]] = {"form": Choice(["Z", "S", "P", "F", "N"])}
    seconds_per_value: ClassVar = 4e-6

    def seconds_for_value(self, seasons: tuple[int, ...], parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds that a value of a series with some seasons costs."""
        return 4e-5 if any(season <= _MOST_SEASON for season in seasons) else self.seconds_per_value

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return the choice among all forms."""
        return [{"form": "Z"}]
