"""Local Bayesian optimisation in a trust region around the incumbent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats
from ..core.schema import expect_range
from ..core.space import SearchSpace
from ..core.trial import Proposal
from ..history.history import History
from ..surrogates.encoding import snap
from ..surrogates.gaussian_process import GaussianProcess, fit_cached
from ..surrogates.losses import impute_pruned, normalise_losses
from ..surrogates.one_thread import on_one_thread
from ..surrogates.ranking import failed_trials, pending_trials, ranked_trials
from ..text.wording import share
from .quasirandom import QuasirandomProposer

_STREAM = 6  # A random stream of its own: proposers share the study's seed.
_FIRST_SIDE, _LEAST_SIDE, _MOST_SIDE = 0.8, 2**-7, 1.6  # Of the unit cube (Eriksson et al. 2019, section 3).
_SUCCESSES = 3
_FEWEST_FAILURES, _MOST_FAILURES = 4, 10
_SAMPLES = 512
_CHANGED = 20  # The mean number of parameters in which a sample differs from the centre.
_MOST_TRIALS, _LATEST_TRIALS = 100, 10  # Bounds the cost of a proposal; distant trials are of little use.


@dataclass(frozen=True, kw_only=True)
class RegionProposer:
    """Searches a trust region around the incumbent, which grows after successes and shrinks after failures (TuRBO).

    Eriksson et al. 2019, "Scalable global optimization via local Bayesian optimization"; choices and conditions as in
    Wan et al. 2021, "Think global and act local". The region doubles after three improvements in a row and halves after
    several failures in a row. When it is too small, the search restarts with Sobol points. Within the region, whose
    sides follow the length scales of a Gaussian process on nearby trials, the point of least lower confidence bound of
    the loss is proposed.

    All state is derived from the history. A better trial of another proposer moves the region; only its own trials
    change its size. Failed and infeasible trials count as the worst loss.

    Args:
        startup_trials: The number of Sobol points to measure first, and after each restart; at least 2.
        confidence: The number of standard deviations between the mean and the bound; at least 0. More explores more.

    >>> RegionProposer(confidence=1.0).startup_trials
    10
    """

    startup_trials: int = 10
    confidence: float = 0.5

    def __post_init__(self) -> None:
        expect_range(self, "startup_trials", 2)
        expect_range(self, "confidence", 0, below=True)

    @on_one_thread
    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` configurations, each chosen as if the ones before it were pending.

        Raises:
            SpaceExhausted: A thousand draws in a row were forbidden.
        """
        space = history.space
        region = _replayed(history, self.startup_trials)
        if region is None:
            return QuasirandomProposer().propose(history, count=count, seed=seed)
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        process = _fitted(history, region)
        centre = history.points_of(np.array([region.centre]))[0]
        reason = f"best point of the trust region around trial {region.centre} (side {share(region.side)} of the range)"
        proposals: dict[str, Proposal] = {}
        for _ in range(count):
            points = _sampled(space, centre, region.side, process, rng)
            mean, sd = process.predict(points)
            for index in np.argsort(mean - self.confidence * sd, kind="stable"):
                parameters = space.decode(points[index])
                key = space.key(parameters)
                if key not in proposals and not space.is_forbidden(parameters) and not history.has_tried(parameters):
                    proposals[key] = Proposal(
                        parameters=parameters, proposer="region", reason=reason, parent=region.centre
                    )
                    process = process.condition_on(points[index : index + 1])
                    break
        reason = f"drawn at random: nothing new in the trust region around trial {region.centre}"
        return list(proposals.values()) or [Proposal(parameters=space.sample(rng), proposer="region", reason=reason)]


@dataclass(frozen=True)
class Region:
    """A trust region.

    Args:
        centre: The best trial since the last restart.
        side: The mean length of a side, as a share of the parameters' ranges.
    """

    centre: int
    side: float


def _replayed(history: History, startup: int) -> Region | None:
    """Return the trust region after all trials so far, or None during the startup trials."""
    rank = {number: index for index, number in enumerate(ranked_trials(history).tolist())}
    patience = int(np.clip(len(history.space.names), _FEWEST_FAILURES, _MOST_FAILURES))
    side, successes, failures, centre, measured = _FIRST_SIDE, 0, 0, -1, 0
    for trial in history.trials:
        if not trial.state.settled:
            continue
        own_rank = rank.get(trial.number)
        better = own_rank is not None and (centre < 0 or own_rank < rank[centre])
        centre = trial.number if better else centre
        measured += own_rank is not None
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


def _fitted(history: History, region: Region) -> GaussianProcess:
    """Return a process on the trials near the centre, conditioned on pending trials at their predicted mean."""
    ended = np.sort(np.concatenate([ranked_trials(history), failed_trials(history)]))
    # All of the latest few, so that the others, and the cached fit, stay the same from one proposal to the next.
    few = len(ended) % _LATEST_TRIALS
    older, latest = np.split(ended, [len(ended) - few])
    offsets = history.points_of(older) - history.points_of(np.array([region.centre]))
    nearest = np.argsort(np.nansum(offsets**2, axis=1), kind="stable")[: _MOST_TRIALS - _LATEST_TRIALS]
    numbers = np.concatenate([np.sort(older[nearest]), latest])
    losses = history.losses[numbers]
    known = np.isfinite(losses)
    losses[known] = impute_pruned(history, numbers[known], history.losses)
    infeasible = ~known | (history.violations[numbers] > 0)
    worst = np.max(losses, where=np.isfinite(losses), initial=history.losses[region.centre])
    losses = np.where(infeasible, worst, losses)
    process = fit_cached(history.space, history.points_of(numbers), losses, normalise_losses)
    pending = history.points_of(pending_trials(history)[-_MOST_TRIALS:])
    return process.condition_on(pending) if len(pending) else process


def _sampled(
    space: SearchSpace, centre: Floats, side: float, process: GaussianProcess, rng: np.random.Generator
) -> Floats:
    """Return random points of the trust region, shape `(points, parameters)`.

    Each differs from the centre in about 20 parameters at most, which finds more in wide spaces (Eriksson et al. 2019,
    appendix D). A side is longer where its parameter matters less, and reaches at least one level to either side. An
    unordered choice may become any other option, less often as the region shrinks.
    """
    lengths = process.hyper.lengths
    reach = np.maximum(0.5 * side * np.exp(lengths - lengths.mean()), 1 / space.sizes)
    low, high = np.clip(centre - reach, 0.0, 1.0), np.clip(centre + reach, 0.0, 1.0)
    uniform = rng.random((_SAMPLES, len(centre)))
    free = np.isnan(centre) | space.unordered
    moved = np.where(free, uniform, low + uniform * (high - low))
    probability = np.where(space.unordered, min(0.5, side / 2), min(1.0, _CHANGED / len(centre)))
    changed = rng.random(uniform.shape) < probability
    changed[np.arange(_SAMPLES), rng.integers(len(centre), size=_SAMPLES)] = True
    return snap(space, np.where(changed | np.isnan(centre), moved, centre))
