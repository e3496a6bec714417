"""What Gaussian processes make of a history: one for each wanted metric, one for each bound, one for what crashes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..history import History
from ..pareto import non_dominated, reference_point
from ._gp_model import GaussianProcess, learn
from ._hypervolume import log_expected_improvement, log_improvement
from ._losses import levelled
from ._ranking import pending, within

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_PRIOR_TRIALS = 10.0  # A prior weighs as much as so many trials.


class Surrogates:
    """Processes fitted to a history, and what a point is worth by them.

    Args:
        history: With at least one trial in the space that has a loss.
        most_trials: Each process is shown so many trials at the most.

    Attributes:
        shown: The numbers of the trials that the metrics' processes are shown.
    """

    def __init__(self, history: History, most_trials: int) -> None:
        self._history = history
        measured = within(history, np.flatnonzero(np.isfinite(history.losses)))
        self.shown = _thinned(history, measured, most_trials)
        points = history.points_of(self.shown)
        wanted = history.values if history.objective.pareto else history.losses[:, None]
        pruned = np.isfinite(history.reach[self.shown])
        self._metrics = [
            learn(history.space, points, _unfinished(raw, pruned), levelled) for raw in wanted[self.shown].T
        ]
        self._limits = [_bound(history, self.shown, column) for column in range(history.excesses.shape[1])]
        if history.crashed.any():
            self._limits.append(_crashes(history, measured, most_trials))
        if len(waiting := pending(history)):
            self.suppose(history.points_of(waiting))
        self._aim()

    def suppose(self, points: Floats) -> None:
        """Go on as if points had been measured and had met what was expected of them ("kriging believer")."""
        self._metrics = [process.given(points) for process in self._metrics]

    def worth(self, points: Floats) -> Floats:
        """Return the logarithm of what points are worth, shape `(points,)`.

        It is the expected improvement (of the loss, or of the front's hypervolume), times the probability that every
        limit is kept (Gardner et al. 2014, "Bayesian optimization with inequality constraints", section 3.1), times
        the prior to a power that falls as trials come in (Hvarfner et al. 2022, "piBO", equation 4). While nothing is
        feasible, there is nothing to improve on, and the rest alone counts.
        """
        worth = self._history.space.log_prior(points) * (_PRIOR_TRIALS / len(self._history.trials))
        for limit in self._limits:
            worth = worth + limit.log_probability(points)
        if not len(self._front):
            return worth
        means, sds = self._predict(points)
        if len(self._metrics) > 1:
            return worth + log_expected_improvement(means, sds, self._front, self._reference)
        ahead = self._front[0, 0] - means[:, 0]
        return np.asarray(worth + np.log(sds[:, 0]) + log_improvement(ahead / sds[:, 0]))

    def _aim(self) -> None:
        """Find what is to be beaten: the least expected loss of a feasible trial, or the front of several metrics."""
        feasible = self._history.violations[self.shown] == 0
        self._front = np.empty((0, len(self._metrics)))
        if feasible.any():
            means, _ = self._predict(self._history.points_of(self.shown[feasible]))
            self._reference = reference_point(means)
            self._front = means[non_dominated(means)] if len(self._metrics) > 1 else means.min(axis=0, keepdims=True)

    def _predict(self, points: Floats) -> tuple[Floats, Floats]:
        predicted = [process.predict(points) for process in self._metrics]
        return np.stack([mean for mean, _ in predicted], axis=1), np.stack([sd for _, sd in predicted], axis=1)


@dataclass(frozen=True)
class _Limit:
    """A quantity that must not rise above a bound.

    Args:
        process: Of the quantity, on a scale of its own.
        bound: On that scale.
    """

    process: GaussianProcess
    bound: float

    def log_probability(self, points: Floats) -> Floats:
        """Return the logarithm of the probability that the limit is kept, shape `(points,)`."""
        from scipy.special import log_ndtr

        mean, sd = self.process.predict(points)
        return np.asarray(log_ndtr((self.bound - mean) / np.hypot(sd, self.process.noise)))


def _bound(history: History, shown: Places, column: int) -> _Limit:
    """Return the limit of one constraint, by what its excesses were; a missing metric counts as the worst of them."""
    excesses = history.excesses[shown, column]
    known = excesses[np.isfinite(excesses)]
    return _limit(history, shown, np.where(np.isfinite(excesses), excesses, known.max(initial=1.0)), 0.0)


def _crashes(history: History, measured: Places, most_trials: int) -> _Limit:
    """Return the limit that a trial must not crash, from 1 where one did and 0 where it did not."""
    crashed = within(history, np.flatnonzero(history.crashed))
    shown = np.sort(np.concatenate([measured, crashed])[-most_trials:])
    return _limit(history, shown, history.crashed[shown].astype(float), 0.5)


def _limit(history: History, shown: Places, raw: Floats, bound: float) -> _Limit:
    """Return the limit of a quantity, on a scale on which far from the bound is not much farther than near it."""
    spread = float(np.median(np.abs(raw - bound))) or 1.0

    def shaped(raw: Floats) -> Floats:
        return np.asarray(np.arcsinh((raw - bound) / spread))

    process = learn(history.space, history.points_of(shown), raw, shaped)
    return _Limit(process, 0.0)


def _thinned(history: History, measured: Places, most: int) -> Places:
    """Return which trials a process is shown: all, or the better half of so many and of the others every so many-th.

    Chosen by their numbers, the others stay the same from one proposal to the next.
    """
    if len(measured) <= most:
        return measured
    order = measured[np.lexsort((history.losses[measured], history.violations[measured]))]
    better, others = order[: most // 2], order[most // 2 :]
    every = -(-len(others) // (most // 2))
    return np.sort(np.concatenate([better, others[others % every == 0]]))


def _unfinished(raw: Floats, pruned: NDArray[np.bool_]) -> Floats:
    """Return values with no pruned trial better than the middle: it lost, though its curve might have fallen on."""
    if pruned.all() or not pruned.any():
        return raw
    return np.where(pruned, np.maximum(raw, np.median(raw[~pruned])), raw)
