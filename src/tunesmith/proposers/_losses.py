"""Losses made fit for a Gaussian process: of about normal shape, whatever their scale and however bad the worst."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_POWERS = np.linspace(-3.0, 5.0, 65)[:, None]
_WORST = 10.0  # In spreads above the middle: how much worse than that a diverged training is tells nothing.


def levelled(losses: Floats) -> Floats:
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
    if spread <= 0:
        spread = scaled.std()
    values = np.clip((scaled - middle) / spread, -(_WORST**3), _WORST)
    values = (values - values.mean()) / max(values.std(), 1e-12)
    return _powered(values)


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
