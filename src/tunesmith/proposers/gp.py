"""Bayesian optimisation: where does a Gaussian process expect the largest improvement?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..history import History
from ..parameters import Choice
from ..space import SearchSpace
from ..trial import Proposal, Value
from ._genetic import reflected
from ._gp_surrogates import Surrogates
from ._ranking import ranked
from ._units import snap
from .quasirandom import QuasirandomProposer

Floats = NDArray[np.float64]

_STREAM = 4  # Keeps these draws apart from those of other proposers that share the study's seed.
_DRAWN = 512  # Points at random everywhere, and as many around the best trials.
_REFINED = 150
_STEPS = (0.1, 0.03, 0.01, 0.003)
_PARENTS = 10
_APART = 0.01  # Of a range: what is nearer to a trial than that in every parameter would tell nothing new.


@dataclass(frozen=True, kw_only=True)
class GpProposer:
    """Fits a Gaussian process to all trials and proposes the point of the largest expected improvement.

    The process has a length scale for each parameter, warps the parameters and the losses, and learns the noise
    (`_gp_model`). Constraints are modelled by processes of their own, and so is where trials crash; several metrics
    by one each, with the expected gain in hypervolume (`_gp_surrogates`). Trials that run count as if they had met
    what was expected of them.

    Args:
        startup_trials: So many trials are measured at evenly spread points first; at least 2.
        most_trials: The process is shown so many trials at the most, the better half of them the best; at least 10.
            It bounds the seconds that a proposal takes.

    >>> GpProposer(startup_trials=8).most_trials
    150
    """

    startup_trials: int = 5
    most_trials: int = 150

    def __post_init__(self) -> None:
        for name, least in (("startup_trials", 2), ("most_trials", 10)):
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}, but {getattr(self, name)} was given.", keys=(name,))

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` configurations, each as if the ones before it were running already.

        Raises:
            SpaceExhausted: All that was drawn was forbidden.
        """
        best = ranked(history)[:_PARENTS]
        if len(ranked(history)) < self.startup_trials:
            return QuasirandomProposer().propose(history, count=count, seed=seed)
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        surrogates = Surrogates(history, self.most_trials)
        tried = history.points
        proposals: list[Proposal] = []
        for _ in range(count):
            pool = _promising(history.space, surrogates, history.points_of(best), rng)
            parameters = _first_new(history, pool, tried)
            if parameters is None:
                parameters = history.space.sample(rng)
                reason = "drawn at random, as nothing that promises an improvement is new."
                proposals.append(Proposal(parameters=parameters, proposer="gp", reason=reason))
            else:
                proposals.append(_told(history, parameters, int(best[0])))
            point = history.space.encode(parameters)[None]
            tried = np.concatenate([tried, point])
            surrogates.suppose(point)
        return proposals


def _promising(space: SearchSpace, surrogates: Surrogates, parents: Floats, rng: np.random.Generator) -> Floats:
    """Return points, the most valuable first: drawn everywhere and around the best trials, then refined in steps."""
    everywhere = rng.random((_DRAWN, len(space.names)))
    spreads = 10 ** rng.uniform(-2.0, -0.3, (_DRAWN, 1))
    pool = snap(space, np.concatenate([everywhere, _moved(space, parents, spreads, rng)]))
    worth = surrogates.worth(pool)
    for step in _STEPS:
        top = pool[np.argsort(-worth, kind="stable")[:5]]
        more = snap(space, _moved(space, top, np.full((_REFINED, 1), step), rng))
        pool, worth = np.concatenate([pool, more]), np.concatenate([worth, surrogates.worth(more)])
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


def _first_new(history: History, pool: Floats, tried: Floats) -> dict[str, Value] | None:
    """Return the first configuration of the pool that is allowed and lies apart from all that were tried."""
    known = np.nan_to_num(tried, nan=-1.0)
    near: dict[str, Value] | None = None
    for point in pool:
        parameters = history.space.decode(point)
        if history.space.is_forbidden(parameters) or history.has_tried(parameters):
            continue
        if np.abs(known - np.nan_to_num(point, nan=-1.0)).max(axis=1).min() >= _APART:
            return parameters
        near = near or parameters
    return near


def _told(history: History, parameters: dict[str, Value], best: int) -> Proposal:
    reason = "the largest improvement is expected there."
    return Proposal(parameters=parameters, proposer="gp", reason=reason, parent=best)
