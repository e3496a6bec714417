"""Local search in a trust region: a box around the best trial, searched with a Gaussian process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.parameters import Choice
from ..core.space import SearchSpace
from ..core.trial import Proposal, Value
from ..errors import InputError
from ..history.history import History
from ..surrogates.gaussian_process import GaussianProcess, learn
from ..surrogates.losses import impute_pruned, normalise_losses
from ..surrogates.one_thread import on_one_thread
from ..surrogates.ranking import lost, pending, ranked
from ..surrogates.units import snap
from .quasirandom import QuasirandomProposer

_STREAM = 6  # Keeps these draws apart from those of other proposers that share the study's seed.
_FIRST_SIDE, _LEAST_SIDE, _MOST_SIDE = 0.8, 2**-7, 1.6  # Of the unit cube (Eriksson et al. 2019, section 3).
_SUCCESSES = 3
_FEWEST_FAILURES, _MOST_FAILURES = 4, 10
_DRAWN = 512
_CHANGED = 20  # So many parameters of a drawn point differ from the centre's, on average.
_MOST_TRIALS, _LAST_TRIALS = 100, 10  # Bounds the cost of a proposal; what lies far away tells little.

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RegionProposer:
    """Searches a box around the best trial, which grows with success and shrinks with failure (TuRBO).

    Eriksson et al. 2019, "Scalable global optimization via local Bayesian optimization"; for choices and conditions as
    in Wan et al. 2021, "Think global and act local". The box doubles after three of its trials in a row were better
    than all before, and halves after several in a row were not. Where it has become too small, the search starts anew,
    with trials evenly spread over the space. Within the box, whose sides follow the length scales of a Gaussian process
    on the trials around its centre, the point with the best lower confidence bound of the loss is proposed.

    All of it is read off the history. A better trial of another proposer moves the box; only its own change its size.
    Failed trials and those that break a constraint count as if they were as bad as the worst.

    Args:
        startup_trials: So many trials are measured at evenly spread points first, and at each new start; at least 2.
        confidence: How many standard deviations the bound is away from the mean. More explores more; not negative.

    >>> RegionProposer(confidence=1.0).startup_trials
    10
    """

    startup_trials: int = 10
    confidence: float = 0.5

    def __post_init__(self) -> None:
        if self.startup_trials < 2:
            raise InputError(
                f"startup_trials must be at least 2, but {self.startup_trials} was given.", keys=("startup_trials",)
            )
        if not 0 <= self.confidence < np.inf:
            raise InputError(
                f"confidence must be a number of at least 0, but {self.confidence} was given.", keys=("confidence",)
            )

    @on_one_thread
    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` configurations, each as if the ones before it were running already.

        Raises:
            SpaceExhausted: All that was drawn was forbidden.
        """
        space = history.space
        region = _replayed(history, self.startup_trials)
        if region is None:
            return QuasirandomProposer().propose(history, count=count, seed=seed)
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        process = _surroundings(history, region)
        found: dict[str, Proposal] = {}
        for _ in range(count):
            points = _drawn(space, history.points_of(np.array([region.centre]))[0], region.side, process, rng)
            mean, sd = process.predict(points)
            for place in np.argsort(mean - self.confidence * sd, kind="stable"):
                parameters = space.decode(points[place])
                key = space.key(parameters)
                if key not in found and not space.is_forbidden(parameters) and not history.has_tried(parameters):
                    found[key] = _told(region, parameters)
                    process = process.given(points[place : place + 1])
                    break
        reason = f"drawn at random, as nothing new was found around trial {region.centre}."
        return list(found.values()) or [Proposal(parameters=space.sample(rng), proposer="region", reason=reason)]


@dataclass(frozen=True)
class Region:
    """A box.

    Args:
        centre: The best trial since the search started anew.
        side: How long a side is on average, in units of the parameters' ranges.
    """

    centre: int
    side: float


def _replayed(history: History, startup: int) -> Region | None:
    """Return the box that all trials so far have led to, or None where it has yet to be placed."""
    rank = {number: place for place, number in enumerate(ranked(history).tolist())}
    patience = int(np.clip(len(history.space.names), _FEWEST_FAILURES, _MOST_FAILURES))
    side, successes, failures, centre, measured = _FIRST_SIDE, 0, 0, -1, 0
    for trial in history.trials:
        if not trial.state.settled:
            continue
        place = rank.get(trial.number)
        better = place is not None and (centre < 0 or place < rank[centre])
        centre = trial.number if better else centre
        measured += place is not None
        if trial.proposal.proposer != "region":
            continue
        successes, failures = (successes + 1, 0) if better else (0, failures + 1)
        if successes == _SUCCESSES:
            side, successes = min(2 * side, _MOST_SIDE), 0
        if failures == patience:
            side, failures = side / 2, 0
        if side < _LEAST_SIDE:
            side, centre, measured = _FIRST_SIDE, -1, 0
    return Region(centre, side) if measured >= startup else None


def _surroundings(history: History, region: Region) -> GaussianProcess:
    """Return a process on the trials around the centre, with those that run as if they met its expectation."""
    ended = np.sort(np.concatenate([ranked(history), lost(history)]))
    # Of the last few all, so that the others stay the same from one proposal to the next, and what they taught is kept.
    few = len(ended) % _LAST_TRIALS
    older, last = np.split(ended, [len(ended) - few])
    apart = history.points_of(older) - history.points_of(np.array([region.centre]))
    near = np.argsort(np.nansum(apart**2, axis=1), kind="stable")[: _MOST_TRIALS - _LAST_TRIALS]
    shown = np.concatenate([np.sort(older[near]), last])
    losses = history.losses[shown]
    known = np.isfinite(losses)
    losses[known] = impute_pruned(history, shown[known], history.losses)
    broken = ~known | (history.violations[shown] > 0)
    worst = np.max(losses, where=np.isfinite(losses), initial=history.losses[region.centre])
    process = learn(history.space, history.points_of(shown), np.where(broken, worst, losses), normalise_losses)
    others = history.points_of(pending(history)[-_MOST_TRIALS:])
    return process.given(others) if len(others) else process


def _drawn(
    space: SearchSpace, centre: Floats, side: float, process: GaussianProcess, rng: np.random.Generator
) -> Floats:
    """Return random points of the box, shape `(points, parameters)`.

    Each differs from the centre in some of the parameters only, about 20 of them, which finds more in wide spaces
    (Eriksson et al. 2019, appendix D). A side is the longer the less its parameter matters, and never shorter than a
    step to either side. An unordered choice may become any other option, less often as the box shrinks.
    """
    parameters = list(space.parameters.values())
    unordered = np.array([isinstance(p, Choice) and not p.ordered for p in parameters])
    steps = np.array([1 / p.size for p in parameters])
    lengths = process.settings.lengths
    reach = np.maximum(0.5 * side * np.exp(lengths - lengths.mean()), steps)
    low, high = np.clip(centre - reach, 0.0, 1.0), np.clip(centre + reach, 0.0, 1.0)
    uniform = rng.random((_DRAWN, len(parameters)))
    free = np.isnan(centre) | unordered
    moved = np.where(free, uniform, low + uniform * (high - low))
    chance = np.where(unordered, min(0.5, side / 2), min(1.0, _CHANGED / len(parameters)))
    changed = rng.random(uniform.shape) < chance
    changed[np.arange(_DRAWN), rng.integers(len(parameters), size=_DRAWN)] = True
    return snap(space, np.where(changed | np.isnan(centre), moved, centre))


def _told(region: Region, parameters: Mapping[str, Value]) -> Proposal:
    reason = f"the most promising point of a box around trial {region.centre}, {region.side:.1%} of each range wide."
    return Proposal(parameters=parameters, proposer="region", reason=reason, parent=region.centre)
