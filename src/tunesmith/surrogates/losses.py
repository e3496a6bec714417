"""Losses transformed for a Gaussian process: nearly normal for any scale and outliers."""

from __future__ import annotations

import numpy as np

from ..core.arrays import Floats, Indices
from ..history.history import History

_POWERS = np.linspace(-3.0, 5.0, 65)[:, None]
_WORST = 10.0  # Losses are clipped at this many spreads above the median: how far a training diverged tells nothing.
_LEAST_SPREAD = 1e-300  # With losses scaled to at most 1; division by less overflows.


def normalise_losses(losses: Floats) -> Floats:
    """Return losses transformed to mean 0, variance 1 and a shape as normal as possible.

    Losses far above the median are clipped. Then comes the Yeo-Johnson power transform (2000) with the most likely
    power, as in HEBO (Cowen-Rivers et al. 2022, section 3.2). The order is kept, except for ties among clipped losses.

    Args:
        losses: Finite, shape `(trials,)`.
    """
    largest = np.abs(losses).max()
    if largest == 0 or losses.max() == losses.min():
        return np.zeros_like(losses)
    scaled = losses / largest  # Sums of huge losses would overflow.
    middle = np.median(scaled)
    spread = middle - np.quantile(scaled, 0.1)
    if spread < _LEAST_SPREAD:
        spread = scaled.std()
    values = np.clip((scaled - middle) / spread, -(_WORST**3), _WORST)
    values = (values - values.mean()) / max(values.std(), 1e-12)
    return _yeo_johnson(values)


def impute_pruned(history: History, numbers: Indices, values: Floats) -> Floats:
    """Return the values of some trials, with those of pruned trials replaced by values beyond the median.

    The last value of a pruned trial is not comparable with final values, but pruned trials can be ranked: a longer
    training is better, and at the same step the lower value. They are spread evenly in that order, from the median of
    the complete trials to one range of these beyond it.
    """
    raw, pruned = np.clip(values[numbers], -1e300, 1e300), np.isfinite(history.reach[numbers])
    if pruned.all() or not pruned.any():
        return raw
    complete = raw[~pruned]
    middle, beyond = np.median(complete), np.ptp(complete) or abs(complete[0]) or 1.0
    order = np.lexsort((raw[pruned], -history.reach[numbers][pruned]))
    shares = np.empty(len(order))
    shares[order] = np.arange(1, len(order) + 1) / len(order)
    imputed = raw.copy()
    imputed[pruned] = middle + beyond * shares
    return imputed


def _yeo_johnson(values: Floats) -> Floats:
    """Return the power transform of greatest normal likelihood, standardised; the values themselves where it fails."""
    up, down = np.log1p(np.maximum(values, 0.0)), np.log1p(np.maximum(-values, 0.0))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        positive = np.where(_POWERS == 0, up, np.expm1(_POWERS * up) / np.where(_POWERS == 0, 1.0, _POWERS))
        mirrored = 2 - _POWERS
        negative = np.where(mirrored == 0, down, np.expm1(mirrored * down) / np.where(mirrored == 0, 1.0, mirrored))
        transformed = positive - negative
        likelihood = -0.5 * len(values) * np.log(transformed.var(axis=1)) + (_POWERS[:, 0] - 1) * (up - down).sum()
    best = transformed[np.where(np.isfinite(likelihood), likelihood, -np.inf).argmax()]
    if not np.isfinite(best).all() or best.std() == 0:
        return values
    return np.asarray((best - best.mean()) / best.std())
