"""Bayesian optimisation with Gaussian processes and expected improvement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..core.arrays import Floats
from ..core.schema import expect_range
from ..core.space import SearchSpace
from ..core.trial import Proposal, Value
from ..history.history import History
from ..surrogates.acquisition import Surrogates
from ..surrogates.encoding import snap
from ..surrogates.one_thread import on_one_thread
from ..surrogates.ranking import pending_trials, ranked_trials
from .evolution.genetic import reflected
from .quasirandom import QuasirandomProposer

_STREAM = 4  # A random stream of its own: proposers share the study's seed.
_SAMPLES = 512  # Random points over the whole space, and as many around the best trials.
_REFINEMENTS = 150
_STEPS = (0.1, 0.03, 0.01, 0.003)
_PARENTS = 10
_PENDING_PER_POINT = 64
"""With so many pending trials, two points are taken from each optimised pool, with twice as many three, and so on."""
_MOST_POINTS_PER_POOL = 8
_NEAR_POOL = 100  # Of an optimised pool, its best points and some of the others compete for the further points.
_EVERY = 10
_MIN_DISTANCE = 0.01  # Of a range: a point this near a trial in every parameter adds no information.
_MOST_DISTANCE = 0.3


@dataclass(frozen=True)
class Prediction:
    """A configuration with its predicted metric.

    Args:
        parameters: The active parameters by name.
        expected: The metric at the predicted mean.
        low: One standard deviation below it.
        high: One standard deviation above it.
    """

    parameters: Mapping[str, Value]
    expected: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class GpProposer:
    """Fits a Gaussian process to all trials and proposes the point of greatest expected improvement.

    The process has one length scale per parameter, warps parameters and losses, and learns the noise
    (`surrogates.gaussian_process`). Constraints, crashes and, with a Pareto objective, each metric have processes of
    their own (`surrogates.acquisition`). Pending trials count as if measured at their predicted mean.

    Args:
        startup_trials: The number of Sobol points to measure first, plus one for every four pending trials
            (`most_trials` at most), so that a dozen parallel proposals do not rest on a guess; at least 2.
        most_trials: The most measured trials (the better half of them the best) and the most pending trials (the
            latest) to fit; at least 10. It bounds the time per proposal.
        exploration: For each proposal, predicted deviations are stretched by a random factor from 1 to this; at
            least 1. The fitted hyperparameters are a point estimate, and overconfidence keeps a search at its first
            optimum.

    >>> GpProposer(startup_trials=12).most_trials
    150
    """

    startup_trials: int = 3
    most_trials: int = 150
    exploration: float = 4.0

    def __post_init__(self) -> None:
        for name, least in (("startup_trials", 2), ("most_trials", 10), ("exploration", 1)):
            expect_range(self, name, least, below=True)

    @on_one_thread
    def top_candidates(self, history: History, *, count: int, seed: int = 0) -> list[Prediction]:
        """Return the configurations of greatest acquisition with their predictions; none before the startup trials.

        Args:
            history: The study so far, with one metric.
            count: The number of candidates, each chosen as if the ones before were measured at their predicted mean.
            seed: The seed of the acquisition optimiser.
        """
        measured = ranked_trials(history)
        if history.objective.pareto or len(measured) < self.startup_trials:
            return []
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        surrogates, tried = Surrogates(history, self.most_trials), history.points
        candidates: list[Prediction] = []
        for _ in range(count):
            pool = _optimised(history.space, surrogates.acquisition, history.points_of(measured[:_PARENTS]), rng)
            parameters = _first_new(history, pool, tried, np.full(len(tried), _MIN_DISTANCE))
            if parameters is None or parameters in [candidate.parameters for candidate in candidates]:
                break
            point = history.space.encode(parameters)[None]
            candidates += _predictions(history, surrogates, [parameters])
            tried = np.concatenate([tried, point])
            surrogates.fantasize(point)
        return candidates

    @on_one_thread
    def predict(self, history: History, configurations: Sequence[Mapping[str, Value]]) -> list[Prediction]:
        """Return predictions for some configurations, in their order; none before the startup trials.

        Args:
            history: The study so far, with one metric.
            configurations: Configurations in the space.
        """
        if history.objective.pareto or len(ranked_trials(history)) < self.startup_trials or not configurations:
            return []
        return _predictions(history, Surrogates(history, self.most_trials), configurations)

    @on_one_thread
    def acquisition_gap(
        self, history: History, configurations: Sequence[Mapping[str, Value]], *, seed: int
    ) -> list[float]:
        """Return how far the log acquisition of some configurations lies below that of this proposer's own choice.

        Args:
            history: The study so far.
            configurations: Configurations in the space.
            seed: The seed of the acquisition optimiser.

        Returns:
            A gap for each configuration, 0 or more; all 0 before the startup trials.
        """
        measured = ranked_trials(history)
        if len(measured) < self.startup_trials or not configurations:
            return [0.0] * len(configurations)
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        surrogates = Surrogates(history, self.most_trials)
        acquisition = partial(surrogates.acquisition, stretch=float(self.exploration**0.5))
        pool = _optimised(history.space, acquisition, history.points_of(measured[:_PARENTS]), rng)
        best = _first_new(history, pool, history.points, np.full(len(history.trials), _MIN_DISTANCE))
        if best is None:
            return [0.0] * len(configurations)
        values = acquisition(np.array([history.space.encode(parameters) for parameters in (best, *configurations)]))
        return [float(gap) for gap in np.maximum(values[0] - values[1:], 0.0)]

    @on_one_thread
    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` configurations, each chosen as if the ones before it were pending.

        Raises:
            SpaceExhausted: A thousand draws in a row were forbidden.
        """
        measured = ranked_trials(history)
        if len(measured) < self.startup_trials + min(len(pending_trials(history)) // 4, self.most_trials):
            return QuasirandomProposer().propose(history, count=count, seed=seed)
        best = measured[:_PARENTS]
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        surrogates = Surrogates(history, self.most_trials)
        tried, distances = history.points, min_distances(history, best[0])
        points_per_pool = 1 + min(len(pending_trials(history)) // _PENDING_PER_POINT, _MOST_POINTS_PER_POOL - 1)
        proposals: list[Proposal] = []
        pool = np.empty((0, len(history.space.names)))
        for index in range(count):
            stretch = float(self.exploration ** rng.random())
            acquisition = partial(surrogates.acquisition, stretch=stretch)
            parameters = None
            if index % points_per_pool:
                pool = _sorted(pool, acquisition)
                parameters = _first_new(history, pool, tried, distances, far=True)
            if parameters is None:
                pool = _optimised(history.space, acquisition, history.points_of(best), rng)
                parameters = _first_new(history, pool, tried, distances)
                pool = np.concatenate([pool[:_NEAR_POOL], pool[_NEAR_POOL::_EVERY]])
            if parameters is None:
                parameters = history.space.sample(rng)
                reason = "drawn at random: no untried point promises an improvement"
                proposals.append(Proposal(parameters=parameters, proposer="gp", reason=reason))
            else:
                reason, parent = "greatest expected improvement", int(best[0])
                proposals.append(Proposal(parameters=parameters, proposer="gp", reason=reason, parent=parent))
            point = history.space.encode(parameters)[None]
            tried, distances = np.concatenate([tried, point]), np.append(distances, _MIN_DISTANCE)
            surrogates.fantasize(point)
        return proposals


def _predictions(
    history: History, surrogates: Surrogates, configurations: Sequence[Mapping[str, Value]]
) -> list[Prediction]:
    points = np.array([history.space.encode(parameters) for parameters in configurations])
    values = history.objective.primary.sign * surrogates.predicted_losses(points)
    return [
        Prediction(parameters, expected, min(first, last), max(first, last))
        for parameters, (first, expected, last) in zip(configurations, values.tolist(), strict=True)
    ]


def _optimised(
    space: SearchSpace, acquisition: Callable[[Floats], Floats], parents: Floats, rng: np.random.Generator
) -> Floats:
    """Return points by acquisition, the best first: random and near the best trials, then refined in steps."""
    everywhere = rng.random((_SAMPLES, len(space.names)))
    sds = 10 ** rng.uniform(-2.0, -0.3, (_SAMPLES, 1))
    pool = snap(space, np.concatenate([everywhere, _perturbed(space, parents, sds, rng)]))
    values = acquisition(pool)
    for step in _STEPS:
        top = pool[np.argsort(-values, kind="stable")[:5]]
        refined = snap(space, _perturbed(space, top, np.full((_REFINEMENTS, 1), step), rng))
        pool, values = np.concatenate([pool, refined]), np.concatenate([values, acquisition(refined)])
    return pool[np.argsort(-values, kind="stable")]


def _sorted(points: Floats, acquisition: Callable[[Floats], Floats]) -> Floats:
    """Return points by acquisition, the best first."""
    return points[np.argsort(-acquisition(points), kind="stable")]


def _perturbed(space: SearchSpace, points: Floats, sds: Floats, rng: np.random.Generator) -> Floats:
    """Return randomly chosen points, each changed in at least one parameter.

    Args:
        space: The search space.
        points: The points to choose from, shape `(points, parameters)`.
        sds: The standard deviation of a number's change, shape `(perturbed, 1)`. A choice may become any option.
        rng: The random generator.
    """
    shape = (len(sds), points.shape[1])
    chosen = points[rng.integers(len(points), size=len(sds))]
    changed = rng.random(shape) < rng.uniform(1 / shape[1], 1.0, (shape[0], 1))
    changed[np.arange(shape[0]), rng.integers(shape[1], size=shape[0])] = True
    uniform = rng.random(shape)
    near = reflected(chosen + sds * rng.standard_normal(shape))
    return np.where(np.isnan(chosen) | (changed & space.unordered), uniform, np.where(changed, near, chosen))


def min_distances(history: History, best: np.intp) -> Floats:
    """Return how far the next point must be from each trial in some parameter, as a share of its range.

    The more trials share exactly the best loss, the farther from all of them: they form a plateau, as error rates often
    do, and a smooth surrogate misplaces its edge. Shape `(trials,)`.
    """
    distances = np.full(len(history.trials), _MIN_DISTANCE)
    tied = (history.losses == history.losses[best]) & (history.violations == history.violations[best])
    different = sum(history.trials[number].proposal.repeat_of is None for number in np.flatnonzero(tied))
    doublings = min(different - 1, 10)
    distances[tied] = min(_MIN_DISTANCE * 2.0**doublings, _MOST_DISTANCE)
    return distances


def _first_new(
    history: History, pool: Floats, tried: Floats, required: Floats, *, far: bool = False
) -> dict[str, Value] | None:
    """Return the first allowed configuration of the pool that is far enough from all tried ones.

    If none is far enough, the first that is new, or None if it must be `far`. Two options of an unordered choice are at
    distance 1.
    """
    space = history.space
    known, points = np.nan_to_num(tried, nan=-1.0), np.nan_to_num(pool, nan=-1.0)
    near: dict[str, Value] | None = None
    for point, encoded in zip(points, pool, strict=True):
        parameters = space.decode(encoded)
        if space.is_forbidden(parameters) or history.has_tried(parameters):
            continue
        distances = np.abs(known - point)
        distances = np.where(space.unordered & (distances > 1e-9), 1.0, distances)
        if (distances.max(axis=1) >= required).all():
            return parameters
        if not far:
            near = near or parameters
    return near
