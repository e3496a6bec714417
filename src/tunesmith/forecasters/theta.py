"""The Theta method, with statsforecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Choice, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel, normal
from ._statistics import EXTRA, MODULES
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
        fitted = model.fit(history).model_
        return normal(np.asarray(model.predict(horizon)["mean"], dtype=np.float64), _deviations(fitted, horizon))


def _deviations(fitted: Mapping[str, Any], horizon: int) -> Floats:
    """Return the standard deviation of each step, shape `(horizon,)`.

    The level moves by alpha times each error (Hyndman and Billah 2003, section 3). The intervals of statsforecast 2.1
    are not used: they count an additive season as error, which makes them several times too wide.

    Args:
        fitted: What statsforecast knows of the fitted model.
        horizon: The number of steps.
    """
    errors, factors = fitted["residuals"], np.ones(horizon)
    if fitted.get("decompose"):
        season = np.asarray(fitted["seas_forecast"]["mean"], dtype=np.float64)  # From the end of the history on.
        past = season[(np.arange(len(errors)) - len(errors)) % len(season)]
        if fitted["decomposition_type"] == "multiplicative":
            errors, factors = errors / past, season[np.arange(horizon) % len(season)]
        else:
            errors = errors - past
    growth = np.sqrt(1 + fitted["par"]["alpha"] ** 2 * np.arange(horizon))
    return np.asarray(factors * growth * np.std(errors[3:], ddof=1))


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
    seconds_per_value: ClassVar = 5e-5

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return the dynamic optimised form, and the standard one."""
        return [{"form": form, "season": "multiplicative"} for form in ("DOTM", "STM")]
