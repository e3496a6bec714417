"""How likely it is that limits are kept: the bound of a constraint, and whatever it is that makes trials crash."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..history.history import History
from .gaussian_process import GaussianProcess, HyperPriors, learn
from .ranking import within

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

# A crash is no matter of chance, so there is hardly any noise; and it has an edge, so length scales are short.
_CRASH_BELIEFS = HyperPriors(length=-0.5, length_sd=0.5, noise_sd=0.3, bend_sd=0.0)
_EDGE = 3**-0.5  # Between a crash, 1, and none, -1, the edge may be anywhere: the standard deviation of that.
_RECENT = 20
_BOLD, _CAUTIOUS = 0.8, 0.95  # How sure one must be that a trial will not crash, if none did, and if many did.
_FARTHEST = 1e100  # From a bound, in spreads: what is beyond is no number any more.
_STEEP = 1e4  # Whatever a point promises, it comes after those that are safe enough.


@dataclass(frozen=True)
class Limit:
    """A quantity that must not rise above 0.

    Args:
        process: Of the quantity, on a scale of its own.
        spread: The standard deviation of what is not known about it where the process is sure.
        least: The logarithm of the probability below which a point comes after all others.
    """

    process: GaussianProcess
    spread: float
    least: float = -math.inf

    def log_probability(self, points: Floats) -> Floats:
        """Return the logarithm of the probability that the limit is kept, much less below `least`; `(points,)`."""
        from scipy.special import log_ndtr

        mean, sd = self.process.predict(points)
        log = log_ndtr(-mean / np.hypot(sd, self.spread))
        return np.asarray(log + _STEEP * np.minimum(log - self.least, 0.0))


def bound(history: History, shown: Places, column: int) -> Limit:
    """Return the limit of one constraint, by what its excesses were; a missing metric counts as the worst of them.

    Far from the bound is not much farther than near it, so that the process is exact where that matters.
    """
    excesses = np.clip(history.excesses[shown, column], -1e300, 1e300)  # Sums of larger ones overflow.
    known = excesses[np.isfinite(excesses)]
    raw = np.where(np.isfinite(excesses), excesses, known.max(initial=1.0))
    spread = float(np.median(np.abs(raw))) or 1.0
    process = learn(history.space, history.points_of(shown), raw, lambda raw: _bent(raw, spread))
    return Limit(process, process.noise)


def _bent(excesses: Floats, spread: float) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(np.arcsinh(np.clip(excesses / spread, -_FARTHEST, _FARTHEST)))


def crashes(history: History, most_trials: int) -> Limit | None:
    """Return the limit that a trial must not crash; None while none has.

    It learns from 1 where a trial crashed and -1 where one did not. What promises most often lies just behind the edge,
    as nothing there was ever measured: to weigh the promise with the probability would lead there again and again.
    So a point must be safe enough, and the safer the more of the last trials crashed.

    Args:
        history: All that is known.
        most_trials: The process is shown about so many: the last ones, and of the older ones every so many-th.
    """
    if not history.crashed.any():
        return None
    known = within(history, np.flatnonzero(np.isfinite(history.losses) | history.crashed))
    # In steps, so that most of what is shown, and what was learnt from it, stays the same from proposal to proposal.
    half, step = most_trials // 2, max(1, most_trials // 10)
    older = max(0, len(known) - half) // step * step
    shown = np.concatenate([known[:older][:: max(1, -(-older // half))], known[older:]])
    labels = np.where(history.crashed[shown], 1.0, -1.0)
    process = learn(history.space, history.points_of(shown), labels, lambda raw: raw, beliefs=_CRASH_BELIEFS)
    share = float(history.crashed[known[-_RECENT:]].mean())
    return Limit(process, _EDGE, math.log(min(_BOLD + 2 * share, _CAUTIOUS)))
