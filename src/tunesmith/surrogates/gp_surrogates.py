"""What Gaussian processes make of a history: one for each wanted metric, one for each bound, one for what crashes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.pareto import non_dominated, reference_point
from ..history.history import History
from .feasibility import bound, crashes
from .gaussian_process import learn, taught
from .hypervolume import log_expected_improvement, log_improvement
from .losses import impute_pruned, normalise_losses
from .ranking import pending, within

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_PRIOR_TRIALS = 10.0  # A prior weighs as much as so many trials.
_NEAR = 0.02  # Of a range, in every parameter.
_ALIKE = 1e-3  # Of the way from the middle of the early ones to the least.
_EARLY = 20  # Trials, before a search draws together.


class Surrogates:
    """Processes fitted to a history, and what a point is worth by them.

    Args:
        history: With at least one trial in the space that has a loss.
        most_trials: Each process is shown so many measured trials at the most, and so many of those that run.

    Attributes:
        shown: The numbers of the trials that the metrics' processes are shown.
    """

    def __init__(self, history: History, most_trials: int) -> None:
        self._history = history
        measured = within(history, np.flatnonzero(np.isfinite(history.losses)))
        self.shown = _distinct(history, _thinned(history, measured, most_trials))
        earlier = _distinct(history, _thinned(history, measured[: taught(len(measured))], most_trials))
        wanted = history.values if history.objective.pareto else history.losses[:, None]
        self._metrics = [
            learn(
                history.space,
                history.points_of(self.shown),
                impute_pruned(history, self.shown, column),
                normalise_losses,
                lesson=(history.points_of(earlier), impute_pruned(history, earlier, column)),
            )
            for column in wanted.T
        ]
        self._limits = [bound(history, self.shown, column) for column in range(history.excesses.shape[1])]
        if (crash := crashes(history, most_trials)) is not None:
            self._limits.append(crash)
        if len(waiting := pending(history)):
            self.suppose(history.points_of(waiting[-most_trials:]))
        self._aim()

    def suppose(self, points: Floats) -> None:
        """Go on as if points had been measured and had met what was expected of them ("kriging believer")."""
        self._metrics = [process.given(points) for process in self._metrics]

    def worth(self, points: Floats, stretch: float = 1.0) -> Floats:
        """Return the logarithm of what points are worth, shape `(points,)`, with deviations stretched by a factor.

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
        sds = sds * stretch
        if len(self._metrics) > 1:
            return worth + log_expected_improvement(means, sds, self._front, self._reference)
        ahead = self._front[0, 0] - means[:, 0]
        return np.asarray(worth + np.log(sds[:, 0]) + log_improvement(ahead / sds[:, 0]))

    def losses_at(self, points: Floats) -> Floats:
        """Return what losses are expected at points, shape `(points, 3)`: in the middle, less and plus one deviation.

        The least comes first. On the scale of the losses themselves, by where each would stand among those that are
        known; so it is never outside of their range.
        """
        means, sds = self._predict(points)
        known = impute_pruned(self._history, self.shown, self._history.losses)
        scale, losses = np.sort(normalise_losses(known)), np.sort(known)
        return np.asarray(np.interp(means[:, :1] + sds[:, :1] * np.array([-1.0, 0.0, 1.0]), scale, losses))

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


def _thinned(history: History, measured: Places, most: int) -> Places:
    """Return which trials a process is shown: all, or the better half of so many and of the others every so many-th.

    Chosen by their places, the others stay the same from one proposal to the next.
    """
    if len(measured) <= most:
        return measured
    order = np.lexsort((history.losses[measured], history.violations[measured]))
    better, others = order[: most // 2], np.sort(order[most // 2 :])
    every = -(-len(others) // (most // 2))
    some = others[others % every == 0][-(most // 2) :]
    shown: Places = measured[np.sort(np.concatenate([better, some]))]
    return shown


def _distinct(history: History, shown: Places) -> Places:
    """Return some trials less those that lie next to a better one and came to as good as the same.

    They tell nothing new, and a crowd of them, as who exploits leaves on top of a hill, makes a process take the metric
    for flatter than it is everywhere: it then expects nothing more of what is unknown.
    """
    told = np.column_stack([history.losses[shown], history.values[shown], history.excesses[shown]])
    with np.errstate(invalid="ignore", over="ignore"):
        told = told / np.maximum(np.abs(told).max(axis=0), 1e-300)  # Differences of huge ones overflow.
        alike = _ALIKE * (np.median(told[:_EARLY], axis=0) - told.min(axis=0))
        pairs = np.argwhere(np.triu((np.abs(told[:, None] - told) <= alike).all(axis=2), 1))
    points = np.nan_to_num(history.points_of(shown), nan=-1.0)
    pairs = pairs[np.abs(points[pairs[:, 0]] - points[pairs[:, 1]]).max(axis=1) < _NEAR]
    place = np.empty(len(shown), dtype=np.intp)
    place[np.lexsort((history.losses[shown], history.violations[shown]))] = np.arange(len(shown))
    kept = np.ones(len(shown), dtype=bool)
    for one, other in sorted(pairs.tolist(), key=lambda pair: min(place[pair[0]], place[pair[1]])):
        better, worse = (one, other) if place[one] < place[other] else (other, one)
        kept[worse] &= not kept[better]
    return np.asarray(shown[kept])
