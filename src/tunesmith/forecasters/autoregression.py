"""Ridge regression of the next values on the last ones, each series by itself, with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Choice, Float, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel
from ._windows import residual_quantiles
from .base import ForecastProfile

_LEAST_WINDOWS = 8


class AutoregressionModel(LocalModel):
    """A weighted sum of the last values for each coming one, learned from the windows of the series."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        from sklearn.linear_model import Ridge

        room = len(history) - horizon - _LEAST_WINDOWS
        lookback = min(max(2, round(float(self.parameters["seasons"]) * max(seasons, default=horizon))), room)
        if lookback < 2:
            raise ValueError("the series is too short.")
        windows = np.lib.stride_tricks.sliding_window_view(history, lookback + horizon)
        scale = history.std()
        middle = self._middle(windows[:, :lookback])
        inputs, targets = (windows[:, :lookback] - middle) / scale, (windows[:, lookback:] - middle) / scale
        ridge = Ridge(alpha=float(self.parameters["strength"]), solver="cholesky").fit(inputs, targets)
        last = history[-lookback:][None]
        point = self._middle(last) + scale * ridge.predict((last - self._middle(last)) / scale).reshape(1, -1)
        errors = scale * (targets - ridge.predict(inputs).reshape(targets.shape))
        return np.asarray(point[0][:, None] + residual_quantiles(errors[-200:]))

    def _middle(self, windows: Floats) -> Floats:
        last = self.parameters["center"] == "last"
        return np.asarray(windows[:, -1:] if last else windows.mean(axis=1, keepdims=True))


class AutoregressionForecaster(LocalForecaster):
    """A weighted sum of the last values, learned from each series by itself; for long ones."""

    profile: ClassVar = ForecastProfile(
        title="Autoregression",
        purpose="a weighted sum of the last values, for each series its own; for long ones with seasons",
        interpretable=True,
        is_local=True,
        least_length=40,
        most_length=3_000,
    )
    model: ClassVar = AutoregressionModel
    libraries: ClassVar[Sequence[str]] = ("sklearn.linear_model",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "seasons": Float(0.5, 4.0),
        "strength": Float(1e-3, 1e3, log=True),
        "center": Choice(["last", "mean"]),
    }
    seconds_per_value: ClassVar = 7e-6

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return windows of one and two of the longest seasons."""
        return [{"seasons": seasons, "strength": 1.0, "center": "mean"} for seasons in (1.0, 2.0)]
