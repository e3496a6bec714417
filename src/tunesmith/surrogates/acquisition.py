"""The acquisition function of a history, over Gaussian processes for its metrics, constraints and crashes."""

from __future__ import annotations

import numpy as np

from ..core.arrays import Floats, Indices
from ..core.pareto import non_dominated, reference_point
from ..history.history import History
from .feasibility import constraint_model, crash_model
from .gaussian_process import fit_cached, training_size
from .hypervolume import log_expected_hypervolume_improvement, log_expected_improvement
from .losses import impute_pruned, normalise_losses
from .ranking import in_space, pending_trials

_PRIOR_TRIALS = 10.0  # The weight of the user's prior, as a number of trials.
_NEAR = 0.02  # Share of the range within which two points are near each other, in every parameter.
_ALIKE = 1e-3  # Results are alike within this share of the way from the median of the early ones to the least.
_EARLY = 20  # The number of trials before a search concentrates.


class Surrogates:
    """Gaussian processes fitted to a history, and the acquisition function over them.

    Args:
        history: A history with at least one trial in the space that has a loss.
        most_trials: The most measured trials, and the most pending ones, to fit each process to.

    Attributes:
        numbers: The trials that the metrics' processes are fitted to.
        metrics: The process of the loss, or with a Pareto objective of each metric.
    """

    def __init__(self, history: History, most_trials: int) -> None:
        self._history = history
        measured = in_space(history, np.flatnonzero(np.isfinite(history.losses)))
        self.numbers = _without_crowds(history, _thinned(history, measured, most_trials))
        training = _without_crowds(history, _thinned(history, measured[: training_size(len(measured))], most_trials))
        columns = history.values if history.objective.pareto else history.losses[:, None]
        self.metrics = [
            fit_cached(
                history.space,
                history.points_of(self.numbers),
                impute_pruned(history, self.numbers, column),
                normalise_losses,
                training=(history.points_of(training), impute_pruned(history, training, column)),
            )
            for column in columns.T
        ]
        self._feasibility = [
            constraint_model(history, self.numbers, column) for column in range(history.excesses.shape[1])
        ]
        if (crashes := crash_model(history, most_trials)) is not None:
            self._feasibility.append(crashes)
        if len(pending := pending_trials(history)):
            self.fantasize(history.points_of(pending[-most_trials:]))
        self._set_incumbents()

    def fantasize(self, points: Floats) -> None:
        """Condition the processes on points as if each had been measured at its predicted mean ("kriging believer")."""
        self.metrics = [process.condition_on(points) for process in self.metrics]

    def acquisition(self, points: Floats, stretch: float = 1.0) -> Floats:
        """Return the log acquisition value of points, shape `(points,)`, with deviations scaled by `stretch`.

        The acquisition is the expected improvement (of the loss, or of the front's hypervolume), times the probability
        of feasibility (Gardner et al. 2014, "Bayesian optimization with inequality constraints", section 3.1), times
        the user's prior to a power that decays with the number of trials (Hvarfner et al. 2022, "piBO", equation 4).
        While no trial is feasible, the improvement is left out.
        """
        acquisition = self._history.space.log_prior(points) * (_PRIOR_TRIALS / len(self._history.trials))
        for model in self._feasibility:
            acquisition = acquisition + model.log_probability(points)
        if not len(self._front):
            return acquisition
        means, sds = self._predict(points)
        sds = sds * stretch
        if len(self.metrics) > 1:
            return acquisition + log_expected_hypervolume_improvement(means, sds, self._front, self._reference)
        ahead = self._front[0, 0] - means[:, 0]
        return np.asarray(acquisition + np.log(sds[:, 0]) + log_expected_improvement(ahead / sds[:, 0]))

    def predicted_losses(self, points: Floats) -> Floats:
        """Return the predicted loss at points less, without and plus one standard deviation, shape `(points, 3)`.

        Predictions are mapped back to the scale of the losses by interpolation between the observed ones, so they stay
        within the observed range.
        """
        means, sds = self._predict(points)
        known = impute_pruned(self._history, self.numbers, self._history.losses)
        scale, losses = np.sort(normalise_losses(known)), np.sort(known)
        return np.asarray(np.interp(means[:, :1] + sds[:, :1] * np.array([-1.0, 0.0, 1.0]), scale, losses))

    def _set_incumbents(self) -> None:
        """Set the values to improve on: the least predicted loss of a feasible trial, or the predicted front."""
        feasible = self._history.violations[self.numbers] == 0
        self._front = np.empty((0, len(self.metrics)))
        if feasible.any():
            means, _ = self._predict(self._history.points_of(self.numbers[feasible]))
            self._reference = reference_point(means)
            self._front = means[non_dominated(means)] if len(self.metrics) > 1 else means.min(axis=0, keepdims=True)

    def _predict(self, points: Floats) -> tuple[Floats, Floats]:
        predicted = [process.predict(points) for process in self.metrics]
        return np.stack([mean for mean, _ in predicted], axis=1), np.stack([sd for _, sd in predicted], axis=1)


def _thinned(history: History, measured: Indices, most: int) -> Indices:
    """Return at most `most` trials: half of them the best, half an even selection of the others.

    The others are selected by their index, so that the selection stays the same from one proposal to the next.
    """
    if len(measured) <= most:
        return measured
    order = np.lexsort((history.losses[measured], history.violations[measured]))
    better, others = order[: most // 2], np.sort(order[most // 2 :])
    every = -(-len(others) // (most // 2))
    selected = others[others % every == 0][-(most // 2) :]
    numbers: Indices = measured[np.sort(np.concatenate([better, selected]))]
    return numbers


def _without_crowds(history: History, numbers: Indices) -> Indices:
    """Return some trials without those that lie near a better one and have a similar result.

    Such trials add no information, and a crowd of them, as exploitation leaves around an optimum, makes the process
    underestimate how much the metric varies: it then expects no improvement anywhere else.
    """
    results = np.column_stack([history.losses[numbers], history.values[numbers], history.excesses[numbers]])
    with np.errstate(invalid="ignore", over="ignore"):
        results = results / np.maximum(np.abs(results).max(axis=0), 1e-300)  # Differences of huge ones overflow.
        tolerance = _ALIKE * (np.median(results[:_EARLY], axis=0) - results.min(axis=0))
        pairs = np.argwhere(np.triu((np.abs(results[:, None] - results) <= tolerance).all(axis=2), 1))
    points = np.nan_to_num(history.points_of(numbers), nan=-1.0)
    pairs = pairs[np.abs(points[pairs[:, 0]] - points[pairs[:, 1]]).max(axis=1) < _NEAR]
    rank = np.empty(len(numbers), dtype=np.intp)
    rank[np.lexsort((history.losses[numbers], history.violations[numbers]))] = np.arange(len(numbers))
    kept = np.ones(len(numbers), dtype=bool)
    for first, second in sorted(pairs.tolist(), key=lambda pair: min(rank[pair[0]], rank[pair[1]])):
        better, worse = (first, second) if rank[first] < rank[second] else (second, first)
        kept[worse] &= not kept[better]
    return np.asarray(numbers[kept])
