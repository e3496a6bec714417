"""Croston's method and its relatives, for values that are mostly 0, with statsforecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Choice, Float, Parameter
from ..core.trial import Value
from ..series.levels import LEVELS, MEDIAN
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel
from ._statistics import EXTRA, MODULES
from .base import ForecastProfile


class CrostonModel(LocalModel):
    """The size of a demand over the time between two (Croston 1972; Teunter, Syntetos and Babai 2011)."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`.

        The mean demand stands for the median, which would mostly be 0.
        """
        from statsforecast import models

        rate = float(self.parameters["rate"])
        kinds: dict[str, Callable[[], Any]] = {
            "optimized": models.CrostonOptimized,
            "sba": models.CrostonSBA,
            "adida": models.ADIDA,
            "imapa": models.IMAPA,
            "tsb": lambda: models.TSB(alpha_d=rate, alpha_p=rate),
        }
        model = kinds[str(self.parameters["form"])]()
        points = np.asarray(model.forecast(y=history, h=horizon)["mean"], dtype=np.float64)
        quantiles = np.tile(_demand_quantiles(history, float(points[0])), (horizon, 1))
        quantiles[:, :MEDIAN] = np.minimum(quantiles[:, :MEDIAN], points[:, None])
        quantiles[:, MEDIAN:] = np.maximum(quantiles[:, MEDIAN:], points[:, None])
        quantiles[:, MEDIAN] = points
        return quantiles


def _demand_quantiles(history: Floats, mean: float) -> Floats:
    """Return quantiles of a demand that is as large as in the history, and as frequent as its mean says.

    Args:
        history: The values of a series, shape `(length,)`.
        mean: The mean demand that is forecast.
    """
    sizes = history[history != 0]
    usual = sizes.mean()
    chance = min(1.0, mean / usual) if mean > 0 and usual > 0 else 1.0
    levels = (np.array(LEVELS) - (1 - chance)) / chance
    return np.asarray(np.where(levels <= 0, 0.0, np.quantile(sizes, np.clip(levels, 0.0, 1.0))))


class CrostonForecaster(LocalForecaster):
    """Smooths the size of a demand and the time between two."""

    profile: ClassVar = ForecastProfile(
        title="Croston",
        purpose="the mean demand where most values are 0, as of spare parts",
        interpretable=True,
        is_local=True,
        least_length=4,
        modules=MODULES,
        extra=EXTRA,
        intermittent_only=True,
    )
    model: ClassVar = CrostonModel
    libraries: ClassVar[Sequence[str]] = ("statsforecast.models",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "form": Choice(["optimized", "sba", "tsb", "adida", "imapa"]),
        "rate": Float(0.01, 0.5, log=True),
    }
    seconds_per_value: ClassVar = 1e-6

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return the forms, the usual one first."""
        return [{"form": form, "rate": 0.1} for form in ("optimized", "tsb", "adida")]
