"""Decomposition into several seasons and a trend, which exponential smoothing continues, with statsforecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ..core.arrays import Floats
from ..core.parameters import Choice, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel
from ._statistics import EXTRA, MODULES, quantiles_of
from .base import ForecastProfile


class MstlModel(LocalModel):
    """Seasons by LOESS (Bandara, Hyndman and Bergmeir 2021), and a model of what is left."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        from statsforecast.models import MSTL, AutoARIMA, AutoETS

        if not seasons:
            raise ValueError("there is no season that occurs twice.")
        trend = AutoARIMA(approximation=True) if self.parameters["trend"] == "arima" else AutoETS(model="ZZN")
        return quantiles_of(MSTL(season_length=sorted(seasons), trend_forecaster=trend), history, horizon)


class MstlForecaster(LocalForecaster):
    """Several seasons are taken out, and what is left is continued."""

    profile: ClassVar = ForecastProfile(
        title="MSTL",
        purpose="takes several seasons out and continues the rest; for hourly and daily data",
        interpretable=True,
        is_local=True,
        least_length=16,
        most_length=3_000,
        train_cost="medium",
        modules=MODULES,
        extra=EXTRA,
    )
    model: ClassVar = MstlModel
    libraries: ClassVar[Sequence[str]] = ("statsforecast.models",)
    space: ClassVar[Mapping[str, Parameter]] = {"trend": Choice(["ets", "arima"])}
    seconds_per_value: ClassVar = 1.2e-4

    def seconds_for_value(self, seasons: tuple[int, ...], parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds that a value of a series with some seasons costs."""
        return self.seconds_per_value * len(seasons) + (8e-4 if parameters["trend"] == "arima" else 0.0)

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return both models of the trend; none without a season."""
        return [{"trend": "ets"}, {"trend": "arima"}] if panel.seasons else []
