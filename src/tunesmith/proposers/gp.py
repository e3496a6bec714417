"""Bayesian optimisation: where does a Gaussian process expect the largest improvement?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..core.parameters import Choice
from ..core.space import SearchSpace
from ..core.trial import Proposal, Value
from ..errors import InputError
from ..history.history import History
from ..surrogates.gp_surrogates import Surrogates
from ..surrogates.one_thread import on_one_thread
from ..surrogates.ranking import pending, ranked
from ..surrogates.units import snap
from .evolution.genetic import reflected
from .quasirandom import QuasirandomProposer

Floats = NDArray[np.float64]

_STREAM = 4  # Keeps these draws apart from those of other proposers that share the study's seed.
_DRAWN = 512  # Points at random everywhere, and as many around the best trials.
_REFINED = 150
_STEPS = (0.1, 0.03, 0.01, 0.003)
_PARENTS = 10
_APART = 0.01  # Of a range: what is nearer to a trial than that in every parameter would tell nothing new.
_FAR_APART = 0.3


@dataclass(frozen=True)
class Candidate:
    """A configuration that promises much.

    Args:
        parameters: The active ones by name.
        expected: The value of the metric in the middle of what is expected.
        low: One standard deviation below it.
        high: One standard deviation above it.
    """

    parameters: Mapping[str, Value]
    expected: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class GpProposer:
    """Fits a Gaussian process to all trials and proposes the point of the largest expected improvement.

    The process has a length scale for each parameter, warps the parameters and the losses, and learns the noise
    (`_gp_model`). Constraints are modelled by processes of their own, and so is where trials crash; several metrics
    by one each, with the expected gain in hypervolume (`_gp_surrogates`). Trials that run count as if they had met
    what was expected of them.

    Args:
        startup_trials: So many trials are measured at evenly spread points first, and one more for every four that run
            beside the next one (`most_trials` more at the most), as what is proposed a dozen times over had better be
            no mere guess; at least 2.
        most_trials: The process is shown so many measured trials at the most, the better half of them the best, and so
            many of those that run, the last; at least 10. It bounds the seconds that a proposal takes.
        exploration: For each proposal the process is taken to be less sure than it is, by a random factor from 1 to
            this; at least 1. The most probable length scales and noise are but one guess, and too sure of it, a search
            goes on for ever where it found something first.

    >>> GpProposer(startup_trials=12).most_trials
    150
    """

    startup_trials: int = 3
    most_trials: int = 150
    exploration: float = 4.0

    def __post_init__(self) -> None:
        for name, least in (("startup_trials", 2), ("most_trials", 10), ("exploration", 1)):
            if not least <= getattr(self, name) < np.inf:
                raise InputError(
                    f"{name} must be a number of at least {least}, but {getattr(self, name)} was given.", keys=(name,)
                )

    @on_one_thread
    def outlook(self, history: History, *, count: int, seed: int = 0) -> list[Candidate]:
        """Return the configurations that promise most, and what is expected of them; nothing while little is known.

        Args:
            history: All that is known; with one metric.
            count: How many, each as if the ones before had come to what was expected of them.
            seed: For where it looks.
        """
        measured = ranked(history)
        if history.objective.pareto or len(measured) < self.startup_trials:
            return []
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        surrogates, tried = Surrogates(history, self.most_trials), history.points
        found: list[Candidate] = []
        for _ in range(count):
            pool = _promising(history.space, surrogates.worth, history.points_of(measured[:_PARENTS]), rng)
            parameters = _first_new(history, pool, tried, np.full(len(tried), _APART))
            if parameters is None or parameters in [candidate.parameters for candidate in found]:
                break
            point = history.space.encode(parameters)[None]
            found += _expected(history, surrogates, [parameters])
            tried = np.concatenate([tried, point])
            surrogates.suppose(point)
        return found

    @on_one_thread
    def expectations(self, history: History, configurations: Sequence[Mapping[str, Value]]) -> list[Candidate]:
        """Return what is expected of some configurations, in their order; nothing while little is known.

        Args:
            history: All that is known; with one metric.
            configurations: In the space.
        """
        if history.objective.pareto or len(ranked(history)) < self.startup_trials or not configurations:
            return []
        return _expected(history, Surrogates(history, self.most_trials), configurations)

    @on_one_thread
    def shortfalls(self, history: History, configurations: Sequence[Mapping[str, Value]], *, seed: int) -> list[float]:
        """Return by how much each of some configurations promises less than what this proposer would try itself.

        Args:
            history: All that is known.
            configurations: In the space.
            seed: For where it looks.

        Returns:
            The difference of the logarithms of the expected improvement, 0 or more; 0 for all while too little is
            known to tell.
        """
        measured = ranked(history)
        if len(measured) < self.startup_trials or not configurations:
            return [0.0] * len(configurations)
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        surrogates = Surrogates(history, self.most_trials)
        worth_of = partial(surrogates.worth, stretch=float(self.exploration**0.5))
        pool = _promising(history.space, worth_of, history.points_of(measured[:_PARENTS]), rng)
        best = _first_new(history, pool, history.points, np.full(len(history.trials), _APART))
        if best is None:
            return [0.0] * len(configurations)
        worth = worth_of(np.array([history.space.encode(parameters) for parameters in (best, *configurations)]))
        return [float(shortfall) for shortfall in np.maximum(worth[0] - worth[1:], 0.0)]

    @on_one_thread
    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` configurations, each as if the ones before it were running already.

        Raises:
            SpaceExhausted: All that was drawn was forbidden.
        """
        measured = ranked(history)
        if len(measured) < self.startup_trials + min(len(pending(history)) // 4, self.most_trials):
            return QuasirandomProposer().propose(history, count=count, seed=seed)
        best = measured[:_PARENTS]
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        surrogates = Surrogates(history, self.most_trials)
        tried, apart = history.points, _plateau(history, best[0])
        proposals: list[Proposal] = []
        for _ in range(count):
            stretch = float(self.exploration ** rng.random())
            worth_of = partial(surrogates.worth, stretch=stretch)
            pool = _promising(history.space, worth_of, history.points_of(best), rng)
            parameters = _first_new(history, pool, tried, apart)
            if parameters is None:
                parameters = history.space.sample(rng)
                reason = "drawn at random, as nothing that promises an improvement is new."
                proposals.append(Proposal(parameters=parameters, proposer="gp", reason=reason))
            else:
                proposals.append(_told(history, parameters, int(best[0])))
            point = history.space.encode(parameters)[None]
            tried, apart = np.concatenate([tried, point]), np.append(apart, _APART)
            surrogates.suppose(point)
        return proposals


def _expected(
    history: History, surrogates: Surrogates, configurations: Sequence[Mapping[str, Value]]
) -> list[Candidate]:
    points = np.array([history.space.encode(parameters) for parameters in configurations])
    values = history.objective.primary.sign * surrogates.losses_at(points)
    return [
        Candidate(parameters, expected, min(one, other), max(one, other))
        for parameters, (one, expected, other) in zip(configurations, values.tolist(), strict=True)
    ]


def _promising(
    space: SearchSpace, worth_of: Callable[[Floats], Floats], parents: Floats, rng: np.random.Generator
) -> Floats:
    """Return points, the most valuable first: drawn everywhere and around the best trials, then refined in steps."""
    everywhere = rng.random((_DRAWN, len(space.names)))
    spreads = 10 ** rng.uniform(-2.0, -0.3, (_DRAWN, 1))
    pool = snap(space, np.concatenate([everywhere, _moved(space, parents, spreads, rng)]))
    worth = worth_of(pool)
    for step in _STEPS:
        top = pool[np.argsort(-worth, kind="stable")[:5]]
        more = snap(space, _moved(space, top, np.full((_REFINED, 1), step), rng))
        pool, worth = np.concatenate([pool, more]), np.concatenate([worth, worth_of(more)])
    return pool[np.argsort(-worth, kind="stable")]


def _moved(space: SearchSpace, points: Floats, spreads: Floats, rng: np.random.Generator) -> Floats:
    """Return randomly chosen points, each changed in some of the parameters, from one to all.

    Args:
        space: The space.
        points: To choose from, shape `(points, parameters)`.
        spreads: The standard deviation of a number's change, shape `(moved, 1)`. A choice may become any option.
        rng: The source of randomness.
    """
    shape = (len(spreads), points.shape[1])
    chosen = points[rng.integers(len(points), size=len(spreads))]
    changed = rng.random(shape) < rng.uniform(1 / shape[1], 1.0, (shape[0], 1))
    changed[np.arange(shape[0]), rng.integers(shape[1], size=shape[0])] = True
    unordered = np.array([isinstance(p, Choice) and not p.ordered for p in space.parameters.values()])
    uniform = rng.random(shape)
    near = reflected(chosen + spreads * rng.standard_normal(shape))
    return np.where(np.isnan(chosen) | (changed & unordered), uniform, np.where(changed, near, chosen))


def _plateau(history: History, best: np.intp) -> Floats:
    """Return how far from each trial the next one has to be in some parameter, shape `(trials,)`, of a range.

    The more trials came to exactly the same loss as the best, the farther away from all of them: they stand on a
    plateau, as an error rate has many, and its end is not where a smooth surface would have it.
    """
    apart = np.full(len(history.trials), _APART)
    tied = (history.losses == history.losses[best]) & (history.violations == history.violations[best])
    different = sum(history.trials[number].proposal.repeat_of is None for number in np.flatnonzero(tied))
    doublings = min(different - 1, 10)
    apart[tied] = min(_APART * 2.0**doublings, _FAR_APART)
    return apart


def _first_new(history: History, pool: Floats, tried: Floats, apart: Floats) -> dict[str, Value] | None:
    """Return the first configuration of the pool that is allowed and lies apart from all that were tried.

    Where none lies apart, the first that is new. Two options of a choice are as far apart as can be.
    """
    space = history.space
    known, points = np.nan_to_num(tried, nan=-1.0), np.nan_to_num(pool, nan=-1.0)
    unordered = np.array([isinstance(p, Choice) and not p.ordered for p in space.parameters.values()])
    near: dict[str, Value] | None = None
    for point, place in zip(points, pool, strict=True):
        parameters = space.decode(place)
        if space.is_forbidden(parameters) or history.has_tried(parameters):
            continue
        distances = np.abs(known - point)
        distances = np.where(unordered & (distances > 1e-9), 1.0, distances)
        if (distances.max(axis=1) >= apart).all():
            return parameters
        near = near or parameters
    return near


def _told(history: History, parameters: dict[str, Value], best: int) -> Proposal:
    reason = "the largest improvement is expected there."
    return Proposal(parameters=parameters, proposer="gp", reason=reason, parent=best)
