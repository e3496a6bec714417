"""Probability that a trial is feasible: it keeps each constraint and does not crash."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats, Indices
from ..history.history import History
from .gaussian_process import GaussianProcess, HyperPriors, fit_cached
from .ranking import in_space

# Crashes are deterministic, hence little noise, and have a sharp boundary, hence short length scales.
_CRASH_PRIORS = HyperPriors(length=-0.5, length_sd=0.5, noise_sd=0.3, warping_sd=0.0)
_BOUNDARY_SD = 3**-0.5  # The boundary lies anywhere between 1 (crash) and -1: the sd of that uniform distribution.
_RECENT = 20
_LEAST_SAFETY, _MOST_SAFETY = 0.8, 0.95  # The required probability of no crash after no and many recent crashes.
_FARTHEST = 1e100  # Excesses are clipped at this many spreads, as larger ones overflow.
_PENALTY = 1e4  # Ranks every unsafe point below the safe ones, for any acquisition value.


@dataclass(frozen=True)
class FeasibilityModel:
    """A Gaussian process on a quantity that must not exceed 0.

    Args:
        process: The model of the quantity, on any scale.
        spread: The standard deviation of what remains uncertain where the process has none.
        least: The log probability below which a point ranks after all others.
    """

    process: GaussianProcess
    spread: float
    least: float = -math.inf

    def log_probability(self, points: Floats) -> Floats:
        """Return the log probability of feasibility, heavily penalised below `least`; shape `(points,)`."""
        from scipy.special import log_ndtr

        mean, sd = self.process.predict(points)
        log = log_ndtr(-mean / np.hypot(sd, self.spread))
        return np.asarray(log + _PENALTY * np.minimum(log - self.least, 0.0))


def constraint_model(history: History, numbers: Indices, column: int) -> FeasibilityModel:
    """Return the model of one constraint, fitted to the excesses of some trials.

    Excesses are compressed by asinh, so that the model is most exact near the bound. A missing metric counts as the
    worst excess.
    """
    excesses = np.clip(history.excesses[numbers, column], -1e300, 1e300)  # Sums of larger ones overflow.
    known = excesses[np.isfinite(excesses)]
    raw = np.where(np.isfinite(excesses), excesses, known.max(initial=1.0))
    spread = float(np.median(np.abs(raw))) or 1.0
    process = fit_cached(history.space, history.points_of(numbers), raw, lambda raw: _compressed(raw, spread))
    return FeasibilityModel(process, process.noise)


def _compressed(excesses: Floats, spread: float) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(np.arcsinh(np.clip(excesses / spread, -_FARTHEST, _FARTHEST)))


def crash_model(history: History, most_trials: int) -> FeasibilityModel | None:
    """Return the model of where trials crash, or None while none has crashed.

    The model is fitted to 1 for a crash and -1 for none. The best acquisition values often lie just behind the
    boundary, where nothing was ever measured: weighting them by the probability alone would propose crashes again and
    again. A point must therefore reach a minimum probability, which rises with the share of recent crashes.

    Args:
        history: The study so far.
        most_trials: The number of trials to fit: the latest ones, and an even selection of the earlier ones.
    """
    if not history.crashed.any():
        return None
    known = in_space(history, np.flatnonzero(np.isfinite(history.losses) | history.crashed))
    # The selection moves in steps, so that most of it, and the cached fit, stay the same between proposals.
    half, step = most_trials // 2, max(1, most_trials // 10)
    older = max(0, len(known) - half) // step * step
    numbers = np.concatenate([known[:older][:: max(1, -(-older // half))], known[older:]])
    labels = np.where(history.crashed[numbers], 1.0, -1.0)
    process = fit_cached(history.space, history.points_of(numbers), labels, lambda raw: raw, priors=_CRASH_PRIORS)
    share = float(history.crashed[known[-_RECENT:]].mean())
    return FeasibilityModel(process, _BOUNDARY_SD, math.log(min(_LEAST_SAFETY + 2 * share, _MOST_SAFETY)))
