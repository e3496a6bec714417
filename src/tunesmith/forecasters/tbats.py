"""TBATS: trigonometric seasons, Box-Cox, trend and ARMA errors, with statsforecast."""

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


class TbatsModel(LocalModel):
    """Seasons as sums of waves (De Livera, Hyndman and Snyder 2011)."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        from statsforecast.models import AutoTBATS

        model = AutoTBATS(
            season_length=list(seasons) or [1],
            use_arma_errors=bool(self.parameters["arma"]),
            use_boxcox=False if history.min() <= 0 else None,
        )
        return quantiles_of(model, history, horizon)


class TbatsForecaster(LocalForecaster):
    """Seasons as sums of waves, which may be long and of broken length; slow."""

    profile: ClassVar = ForecastProfile(
        title="TBATS",
        purpose="seasons as sums of waves, several and long ones; slow",
        is_local=True,
        least_length=16,
        most_length=1_000,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    model: ClassVar = TbatsModel
    libraries: ClassVar[Sequence[str]] = ("statsforecast.models",)
    space: ClassVar[Mapping[str, Parameter]] = {"arma": Choice([False, True])}
    seconds_per_value: ClassVar = 2e-3

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return the form without ARMA errors, which is faster; none without a season."""
        return [{"arma": False}] if panel.seasons else []
