"""The Theta method, with statsforecast."""

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


class ThetaModel(LocalModel):
    """Half a line, half exponential smoothing, after the season is taken out (Fiorucci et al. 2016)."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        from statsforecast.models import AutoTheta

        parameters = self.parameters
        season = "multiplicative" if parameters["season"] == "multiplicative" and history.min() > 0 else "additive"
        model = AutoTheta(
            season_length=seasons[0] if seasons else 1, decomposition_type=season, model=str(parameters["form"])
        )
        return quantiles_of(model, history, horizon)


class ThetaForecaster(LocalForecaster):
    """Half a line, half exponential smoothing: it won the M3 competition."""

    profile: ClassVar = ForecastProfile(
        title="Theta",
        purpose="half a line, half exponential smoothing; robust on short series, won the M3 competition",
        interpretable=True,
        is_local=True,
        least_length=5,
        most_length=1_000,
        train_cost="medium",
        modules=MODULES,
        extra=EXTRA,
    )
    model: ClassVar = ThetaModel
    libraries: ClassVar[Sequence[str]] = ("statsforecast.models",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "form": Choice(["DOTM", "DSTM", "OTM", "STM"]),
        "season": Choice(["multiplicative", "additive"]),
    }
    seconds_per_value: ClassVar = 1e-4

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return the dynamic optimised form, and the standard one."""
        return [{"form": form, "season": "multiplicative"} for form in ("DOTM", "STM")]
