"""Losses made fit for a Gaussian process: of about normal shape, whatever their scale and however bad the worst."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..history.history import History

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_POWERS = np.linspace(-3.0, 5.0, 65)[:, None]
_WORST = 10.0  # In spreads above the middle: how much worse than that a diverged training is tells nothing.
_LEAST_SPREAD = 1e-300  # Of a scale whose largest loss is 1: to divide by less would overflow.


def normalise_losses(losses: Floats) -> Floats:
    """Return losses on a scale of mean 0 and variance 1 on which they look as normal as possible.

    What is far worse than the middle is cut off; then comes the power transform of Yeo and Johnson (2000) with the most
    likely power, as in HEBO (Cowen-Rivers et al. 2022, section 3.2). The order of losses is kept, but for ties where
    they were cut off.

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
    return _powered(values)


def impute_pruned(history: History, shown: Places, values: Floats) -> Floats:
    """Return the values of some trials, with those of pruned ones set beyond the middle of the others.

    What a trial had reached when it was stopped cannot be compared with what others came to in the end. How they rank
    can: the further it came the better, and at the same step the one with the lower value. They are spread evenly in
    that order, from the middle of the complete trials to the whole range of these beyond it.
    """
    raw, pruned = np.clip(values[shown], -1e300, 1e300), np.isfinite(history.reach[shown])
    if pruned.all() or not pruned.any():
        return raw
    complete = raw[~pruned]
    middle, beyond = np.median(complete), np.ptp(complete) or abs(complete[0]) or 1.0
    order = np.lexsort((raw[pruned], -history.reach[shown][pruned]))
    places = np.empty(len(order))
    places[order] = np.arange(1, len(order) + 1) / len(order)
    spread = raw.copy()
    spread[pruned] = middle + beyond * places
    return spread


def _powered(values: Floats) -> Floats:
    """Return the power transform of most likely normality, standardised; the values' own where none can be told."""
    up, down = np.log1p(np.maximum(values, 0.0)), np.log1p(np.maximum(-values, 0.0))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        positive = np.where(_POWERS == 0, up, np.expm1(_POWERS * up) / np.where(_POWERS == 0, 1.0, _POWERS))
        mirrored = 2 - _POWERS
        negative = np.where(mirrored == 0, down, np.expm1(mirrored * down) / np.where(mirrored == 0, 1.0, mirrored))
        bent = positive - negative
        likely = -0.5 * len(values) * np.log(bent.var(axis=1)) + (_POWERS[:, 0] - 1) * (up - down).sum()
    best = bent[np.where(np.isfinite(likely), likely, -np.inf).argmax()]
    if not np.isfinite(best).all() or best.std() == 0:
        return values
    return np.asarray((best - best.mean()) / best.std())
