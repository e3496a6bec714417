"""ARIMA, its orders chosen for each series, with statsforecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Choice, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel
from ._statistics import EXTRA, MODULES, quantiles_of
from .base import ForecastProfile

_MOST_SEASON = 24
_LONG, _LONG_SEASON = 150, 12
"""Values of a series and of a season above which the likelihood is approximated, as in the R package forecast."""


class ArimaModel(LocalModel):
    """ARIMA with the orders that a stepwise search finds (Hyndman and Khandakar 2008)."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        from statsforecast.models import AutoARIMA

        season = next((season for season in seasons if season <= _MOST_SEASON), 1)
        model = AutoARIMA(
            season_length=season, approximation=bool(self.parameters["approximation"]), seasonal=season > 1
        )
        return quantiles_of(model, history, horizon)


class ArimaForecaster(LocalForecaster):
    """Sums of earlier values and errors; slow where seasons are long."""

    profile: ClassVar = ForecastProfile(
        title="ARIMA",
        purpose="sums of earlier values and errors; strong where values depend on the last ones, but slow",
        interpretable=True,
        is_local=True,
        least_length=10,
        most_length=700,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    model: ClassVar = ArimaModel
    libraries: ClassVar[Sequence[str]] = ("statsforecast.models",)
    space: ClassVar[Mapping[str, Parameter]] = {"approximation": Choice([True, False])}
    seconds_per_value: ClassVar = 2.5e-4
    seconds_per_series: ClassVar = 0.05

    def seconds_for_value(self, seasons: tuple[int, ...], parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds that a value of a series with some seasons costs."""
        seasonal = any(season <= _MOST_SEASON for season in seasons)
        return 2.5e-3 if seasonal else self.seconds_per_value

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return the search that approximates the likelihood only where series are long, as it is no faster before."""
        return [{"approximation": bool(np.median(panel.lengths) > _LONG or panel.season > _LONG_SEASON)}]
