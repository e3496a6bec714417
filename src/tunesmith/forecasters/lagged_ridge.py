"""Ridge regression of all coming values on the last ones, one for all series, with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import orjson

from ..core.arrays import Floats
from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._windows import Origins, after, before, ends, keep_constant, origins, residual_quantiles, spread
from .base import ForecastPart, ForecastProfile

_MOST_CELLS = 30_000_000  # Of windows to train on.
_LEAST_WINDOWS = 30
_MOST_AT_FIRST = 336  # Longer windows come later, unless a season is longer: two weeks of hours are often the best.


@dataclass(frozen=True, kw_only=True)
class LaggedRidgeModel:
    """A weighted sum of the last values for each coming one.

    Args:
        weights: Shape `(lookback, horizon)`.
        offsets: Shape `(horizon,)`.
        quantiles: Those of the scaled errors, shape `(horizon, levels)`.
        center: What is taken off a window: its `last` value or its `mean`.
        scaled: Whether a window is divided by its standard deviation.
    """

    weights: Floats
    offsets: Floats
    quantiles: Floats
    center: str
    scaled: bool

    def forecast(self, panel: Panel, horizon: int) -> Floats:
        """Return quantiles of the steps after the end of each series, shape `(series, horizon, levels)`."""
        inputs, middle, scale = _normalised(panel, ends(panel), len(self.weights), self.center, self.scaled)
        points = middle + scale * (inputs @ self.weights + self.offsets)[:, :horizon]
        wide = spread(before(panel, ends(panel), len(self.weights)))
        return keep_constant(panel, points[:, :, None] + wide[:, :, None] * self.quantiles[None, :horizon])

    def save(self, folder: Path) -> None:
        """Write it to a folder: arrays, and the rest as JSON."""
        np.savez(folder / "weights.npz", weights=self.weights, offsets=self.offsets, quantiles=self.quantiles)
        (folder / "model.json").write_bytes(orjson.dumps({"center": self.center, "scaled": self.scaled}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        table = orjson.loads((folder / "model.json").read_bytes())
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in ("weights", "offsets", "quantiles")}
        return cls(**arrays, center=table["center"], scaled=table["scaled"])


class LaggedRidgeForecaster:
    """One linear model for all series, which sees each as a window of its last values.

    With a drift, forecasts move away from the window's level as those of the training part did on average.
    """

    profile: ClassVar = ForecastProfile(
        title="Linear on lags",
        purpose="a weighted sum of the last values, the same for all series; strong on long ones with seasons",
        interpretable=True,
        least_length=8,
    )
    model: ClassVar = LaggedRidgeModel
    libraries: ClassVar[Sequence[str]] = ("sklearn.linear_model",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "lookback": Int(2, 1_000, log=True),
        "strength": Float(1e-4, 1e3, log=True),
        "center": Choice(["last", "mean"]),
        "scaled": Choice([True, False]),
        "drift": Choice([True, False]),
    }

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return windows of one to three of the longest seasons that the series allow, scaled and as they are.

        What is taken off a window matters less: with a light penalty both ways give the same forecasts. Only scaled
        windows have a drift: in units of their own, series drift differently. On M4 hourly, with a week of lags, MASE
        without scales is 1.5 without a drift and 69 with one; on ETTh1 the error of the test part is 0.423 instead of
        0.436 at 720 hours, and 0.426 instead of 0.428 at 336. Which penalty is best differs: with windows of 336 hours
        a strength of 1 has an error of 0.432 at 336 hours on ETTh1 and one of 100 0.426, but for the hourly passengers
        of taxis MASE is 0.51 and 0.57. So one half begins with each.
        """
        room = int(np.quantile(panel.lengths, 0.25)) - 2 * horizon
        seasons = [season for season in panel.seasons if season <= room]
        base = max([*seasons, min(2 * horizon, room, _MOST_AT_FIRST)]) if room >= 4 else 0
        lengths = [min(times * base, room, 1_000) for times in (1, 2, 3)]
        return [
            {"lookback": length, "strength": strength, "center": "last", "scaled": scaled, "drift": scaled}
            for length in dict.fromkeys(length for length in lengths if length >= 2)
            for scaled, strength in ((True, 1.0), (False, 100.0))
        ]

    def seconds(self, panel: Panel, horizon: int, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds to train once."""
        lookback = int(parameters["lookback"])
        windows = min(int(np.maximum(panel.lengths - 2 * horizon, 0).sum()), _MOST_CELLS // (lookback + horizon))
        return 0.05 + 2 * (windows * lookback * (lookback + horizon) * 5e-11 + windows * (lookback + horizon) * 1e-8)

    def fit(self, part: ForecastPart, parameters: Mapping[str, Value]) -> LaggedRidgeModel:
        """Train on the windows of all series, and measure the errors of the last ones by a model of the others."""
        lookback, strength = int(parameters["lookback"]), float(parameters["strength"])
        center, scaled, drift = str(parameters["center"]), bool(parameters["scaled"]), bool(parameters["drift"])
        most = max(1_000, _MOST_CELLS // (lookback + part.horizon))
        least = min(lookback, max(2, int(part.panel.lengths.max()) - 2 * part.horizon))
        training, held_out = origins(part.panel, part.horizon, least=least, most=most, seed=part.seed)
        everything = training.joined(held_out)
        if len(training) < _LEAST_WINDOWS:
            # Few windows, which overlap, are fitted almost exactly: the errors of a simpler forecast are honest ones.
            model = _trained(part, everything, lookback, strength, center, scaled, drift)
            errors = _seasonal_errors(part, everything, lookback)
        else:
            model = _trained(part, training, lookback, strength, center, scaled, drift)
            errors = _scaled_errors(model, part, held_out)
            if len(everything) < most:
                model = _trained(part, everything, lookback, strength, center, scaled, drift)
        return LaggedRidgeModel(
            weights=model.weights,
            offsets=model.offsets,
            quantiles=residual_quantiles(errors),
            center=center,
            scaled=scaled,
        )


def _normalised(
    panel: Panel, moments: Origins, lookback: int, center: str, scaled: bool
) -> tuple[Floats, Floats, Floats]:
    """Return windows, what was taken off each and what each was divided by, shape `(origins, 1)`."""
    windows = before(panel, moments, lookback)
    middle = windows[:, -1:] if center == "last" else windows.mean(axis=1, keepdims=True)
    scale = spread(windows) if scaled else np.ones_like(middle)
    return (windows - middle) / scale, middle, scale


def _trained(
    part: ForecastPart, moments: Origins, lookback: int, strength: float, center: str, scaled: bool, drift: bool
) -> LaggedRidgeModel:
    from sklearn.linear_model import Ridge

    inputs, middle, scale = _normalised(part.panel, moments, lookback, center, scaled)
    target = (after(part.panel, moments, part.horizon) - middle) / scale
    power = float(np.square(inputs).sum()) / lookback or 1.0  # So that the penalty is the same in all units.
    ridge = Ridge(alpha=strength * power / 1_000, fit_intercept=drift, solver="cholesky").fit(inputs, target)
    return LaggedRidgeModel(
        weights=np.ascontiguousarray(np.atleast_2d(ridge.coef_).T),
        offsets=np.broadcast_to(ridge.intercept_, (part.horizon,)).copy(),
        quantiles=np.zeros((part.horizon, 1)),
        center=center,
        scaled=scaled,
    )


def _scaled_errors(model: LaggedRidgeModel, part: ForecastPart, moments: Origins) -> Floats:
    """Return what was observed minus what is forecast, over the spread of the window; shape `(origins, horizon)`."""
    past = part.panel.select(moments.series, moments.steps)
    points = model.forecast(past, part.horizon)[:, :, 0]
    actual = after(part.panel, moments, part.horizon)
    return np.asarray((actual - points) / spread(before(past, ends(past), len(model.weights))))


def _seasonal_errors(part: ForecastPart, moments: Origins, lookback: int) -> Floats:
    """Return the errors of repeating the last season, over the spread of the window; shape `(origins, horizon)`."""
    panel, horizon = part.panel, part.horizon
    seasons = before(panel, moments, panel.season)[:, np.arange(horizon) % panel.season]
    return np.asarray((after(panel, moments, horizon) - seasons) / spread(before(panel, moments, lookback)))
