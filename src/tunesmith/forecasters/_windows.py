"""Windows of series: what a model looks at, and what comes after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats, Indices
from ..series.levels import LEVELS
from ..series.panel import Panel

_ENOUGH_WINDOWS = 50
_LEAST_SPREAD = 1e-8  # Relative to the size of the values.


@dataclass(frozen=True, kw_only=True)
class Origins:
    """Moments from which a model learns to forecast.

    Args:
        series: The number of the series of each, shape `(origins,)`.
        steps: The number of values before it, shape `(origins,)`.
    """

    series: Indices
    steps: Indices

    def __len__(self) -> int:
        return len(self.steps)

    def joined(self, others: Origins) -> Origins:
        """Return these and other moments."""
        return Origins(
            series=np.concatenate([self.series, others.series]), steps=np.concatenate([self.steps, others.steps])
        )


def origins(panel: Panel, horizon: int, *, least: int, most: int, seed: int) -> tuple[Origins, Origins]:
    """Return moments to train on, and the last one of each series, to validate on.

    What is forecast from the latter is no target of the former.

    Args:
        panel: The series.
        horizon: The steps that must come after a moment.
        least: The least number of values before one.
        most: The most moments to train on, which are drawn at random if there are more.
        seed: The seed of that.
    """
    last = panel.lengths - horizon
    valid = np.flatnonzero(last >= least)
    counts = np.maximum(last[valid] - horizon - least + 1, 0)
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    chosen = np.arange(total)
    if total > most:
        chosen = np.sort(np.random.default_rng(seed).choice(total, most, replace=False))
    places = np.searchsorted(ends, chosen, side="right")
    steps = least + chosen - (ends - counts)[places]
    training = Origins(series=valid[places], steps=steps.astype(np.intp))
    return training, Origins(series=valid, steps=last[valid])


def before(panel: Panel, moments: Origins, lookback: int) -> Floats:
    """Return the values before each moment, the latest last; shape `(origins, lookback)`.

    Where a series is shorter, its first value stands for those before it. Missing values just before a moment are the
    last one that was there.
    """
    positions = moments.steps[:, None] - lookback + np.arange(lookback)
    places = panel.offsets[moments.series][:, None] + np.maximum(positions, 0)
    if panel.observed is not None:
        last = panel.last_observed(panel.offsets[moments.series] + moments.steps - 1)
        places = np.minimum(places, last[:, None])
    return np.asarray(panel.values[places])


def after(panel: Panel, moments: Origins, horizon: int) -> Floats:
    """Return the values after each moment, shape `(origins, horizon)`."""
    positions = panel.offsets[moments.series] + moments.steps
    return np.asarray(panel.values[positions[:, None] + np.arange(horizon)])


def ends(panel: Panel) -> Origins:
    """Return the end of each series."""
    return Origins(series=np.arange(len(panel)), steps=panel.lengths)


def spread(windows: Floats) -> Floats:
    """Return the standard deviation of each window, above 0; shape `(windows, 1)`."""
    deviations = windows.std(axis=1, keepdims=True)
    sizes = np.abs(windows).mean(axis=1, keepdims=True)
    return np.asarray(np.where(deviations > _LEAST_SPREAD * sizes, deviations, np.where(sizes > 0, sizes, 1.0)))


def keep_constant(panel: Panel, forecast: Floats) -> Floats:
    """Return a forecast in which series that never changed go on as they are.

    Args:
        panel: The series up to the origin.
        forecast: Quantiles, shape `(series, horizon, levels)`; changed in place.
    """
    for index in range(len(panel)):
        history = panel.history(index)
        if (history == history[-1]).all():
            forecast[index] = history[-1]
    return forecast


def residual_quantiles(residuals: Floats) -> Floats:
    """Return the quantiles of the errors of each step, shape `(horizon, levels)`; that of the median is 0.

    Args:
        residuals: What was observed minus what was forecast, scaled; shape `(windows, horizon)`.
    """
    if not len(residuals):
        return np.zeros((residuals.shape[1], len(LEVELS)))
    if len(residuals) >= _ENOUGH_WINDOWS:
        quantiles = np.quantile(residuals, LEVELS, axis=0).T
    else:  # Few windows tell little about each step: steps have a size each, and a symmetric shape in common.
        sizes = np.sqrt(np.mean(residuals**2, axis=0))
        smooth = np.convolve(np.pad(sizes, 2, mode="edge"), np.full(5, 0.2), mode="valid")
        shares = (residuals / np.maximum(smooth, 1e-12)).ravel()
        quantiles = smooth[:, None] * np.quantile(np.concatenate([shares, -shares]), LEVELS)
    return np.asarray(quantiles - quantiles[:, [LEVELS.index(0.5)]])
