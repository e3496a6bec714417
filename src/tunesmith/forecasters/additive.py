"""A trend with breaks and seasons as waves, fitted by a ridge regression, as in Prophet (Taylor and Letham 2018)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel, normal
from .base import ForecastProfile

_BREAKS_UNTIL = 0.9  # Of the history: later breaks would be noise.


class AdditiveModel(LocalModel):
    """A piecewise linear trend plus waves of each season."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        multiplicative = self.parameters["form"] == "multiplicative" and history.min() > 0
        values = np.log(history) if multiplicative else history
        centre, spread = values.mean(), values.std() or 1.0
        columns, penalties = self._columns(np.arange(len(values) + horizon), len(values), seasons)
        past = columns[: len(values)]
        weights = np.linalg.solve(past.T @ past + np.diag(penalties), past.T @ ((values - centre) / spread))
        fitted = centre + spread * (columns @ weights)
        errors = values - fitted[: len(values)]
        # The last level counts more than the line through all values.
        shift = errors[-max(1, len(errors) // 20) :].mean() if self.parameters["anchored"] else 0.0
        steps = np.arange(1, horizon + 1)
        deviations = errors.std() * np.sqrt(1 + steps / len(values))
        quantiles = normal(fitted[len(values) :] + shift, deviations)
        return np.exp(quantiles) if multiplicative else quantiles

    def _columns(self, steps: np.ndarray, known: int, seasons: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Return the regressors of steps, and the penalty of each; shape `(steps, columns)` and `(columns,)`."""
        breaks, flexibility = int(self.parameters["breaks"]), float(self.parameters["flexibility"])
        time = steps / known
        places = np.linspace(0, _BREAKS_UNTIL, breaks + 1)[1:]
        columns = [np.ones_like(time), time, *(np.maximum(time - place, 0) for place in places)]
        penalties = [1e-6, 1e-3, *[1 / flexibility] * breaks]
        for season in seasons:
            for order in range(1, min(int(self.parameters["order"]), season // 2) + 1):
                angle = 2 * np.pi * order * steps / season
                columns += [np.sin(angle), np.cos(angle)]
                penalties += [0.1, 0.1]
        return np.column_stack(columns), np.array(penalties)


class AdditiveForecaster(LocalForecaster):
    """A trend with breaks plus seasons, each of which can be drawn."""

    profile: ClassVar = ForecastProfile(
        title="Additive (Prophet-like)",
        purpose="a trend with breaks plus seasons, each of which can be drawn; for daily data with long seasons",
        interpretable=True,
        is_local=True,
        least_length=10,
        most_length=5_000,
    )
    model: ClassVar = AdditiveModel
    space: ClassVar[Mapping[str, Parameter]] = {
        "form": Choice(["additive", "multiplicative"]),
        "breaks": Int(0, 30),
        "flexibility": Float(1e-3, 10.0, log=True),
        "order": Int(1, 12),
        "anchored": Choice([True, False]),
    }
    seconds_per_value: ClassVar = 2e-6

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return both forms with some breaks."""
        usual: dict[str, Value] = {"breaks": 10, "flexibility": 0.05, "order": 6, "anchored": True}
        return [{"form": form, **usual} for form in ("multiplicative", "additive")]
