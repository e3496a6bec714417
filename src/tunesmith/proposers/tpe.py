"""The tree-structured Parzen estimator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Indices
from ..core.schema import expect_range
from ..core.trial import Proposal, Value
from ..history.history import History
from ..surrogates.encoding import snap
from ..surrogates.feasibility import FeasibilityModel, crash_model
from ..surrogates.parzen import ParzenEstimator
from ..surrogates.ranking import ranked_trials
from .quasirandom import QuasirandomProposer

_STREAM = 3  # A random stream of its own: proposers share the study's seed.
_MOST_GOOD = 25  # As in Bergstra et al. 2013: more good trials only blur where the best ones lie.
_MOST_CRASH_TRIALS = 150  # Trials that the crash model is fitted to.
_CRASH_FACTOR = 4  # With a crash model, times as many candidates, because many of them are ruled out.
_MOST_OTHERS = 1000  # Bounds the cost of a proposal in a long study; a density does not get better with more.


@dataclass(frozen=True, kw_only=True)
class TpeProposer:
    """The multivariate tree-structured Parzen estimator.

    Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", section 4; Watanabe 2023, arXiv 2304.11127.
    One density is estimated from the best trials, another from all others. Candidates are drawn from the first, and
    the one with the greatest ratio of the two is proposed. Better trials weigh more in the first, by rank alone, so
    that the metric's scale does not matter.

    Once trials have crashed, candidates that are likely to crash rank last (`surrogates.feasibility`). Failed and
    pending trials count among the others, which keeps parallel proposals apart. Infeasible trials rank after feasible
    ones; pruned trials rank after complete ones, by their last step, then by loss.

    In a conditional space it may settle on the family that is good on average while another hides a better optimum: the
    densities do not tell how much better an untried point may be.

    Args:
        startup_trials: The number of Sobol points to measure first; at least 2.
        good_share: The share of measured trials in the first density, 25 trials at most; above 0, at most 0.5.
        candidates: The number of candidates per proposal. More is greedier, not better.

    >>> TpeProposer(candidates=48).good_share
    0.1
    """

    startup_trials: int = 10
    good_share: float = 0.1
    candidates: int = 24

    def __post_init__(self) -> None:
        expect_range(self, "startup_trials", 2)
        expect_range(self, "good_share", 0, 0.5, above=True)
        expect_range(self, "candidates", 1)

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return `count` configurations, each chosen as if the ones before it were pending.

        Raises:
            SpaceExhausted: A thousand draws in a row were forbidden.
        """
        measured = ranked_trials(history)
        if len(measured) < self.startup_trials:
            return QuasirandomProposer().propose(history, count=count, seed=seed)
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        good = measured[: min(math.ceil(self.good_share * len(measured)), _MOST_GOOD)]
        weights = np.arange(len(good), 0, -1.0)
        weights *= len(good) / weights.sum()
        good_density = ParzenEstimator(
            history.space, history.points_of(good), weights, prior_share=self.startup_trials / len(measured)
        )
        others = history.points_of(_thinned(measured[len(good) :], _without_loss(history)))
        crashes = crash_model(history, _MOST_CRASH_TRIALS)
        proposals: list[Proposal] = []
        for _ in range(count):
            other_density = ParzenEstimator(history.space, others, np.ones(len(others)))
            taken = [proposal.parameters for proposal in proposals]
            parameters = self._best_candidate(history, good_density, other_density, crashes, taken, rng)
            point = history.space.encode(parameters)[None]
            parent = int(good[good_density.log_kernels(point)[0, :-1].argmax()])
            reason = _reason(history, parameters, parent, len(good), len(measured))
            proposals.append(Proposal(parameters=parameters, proposer="tpe", reason=reason, parent=parent))
            others = np.concatenate([others, point])
        return proposals

    def _best_candidate(
        self,
        history: History,
        good: ParzenEstimator,
        other: ParzenEstimator,
        crashes: FeasibilityModel | None,
        taken: Sequence[object],
        rng: np.random.Generator,
    ) -> dict[str, Value]:
        """Return the best candidate that is allowed and new, or a random configuration if none is."""
        space = history.space
        points = snap(space, good.sample(self.candidates * (1 if crashes is None else _CRASH_FACTOR), rng))
        acquisition = good.log_density(points) - other.log_density(points)
        if crashes is not None:
            acquisition += crashes.log_probability(points)
        for index in np.argsort(-acquisition, kind="stable"):
            parameters = space.decode(points[index])
            if not (space.is_forbidden(parameters) or history.has_tried(parameters) or parameters in taken):
                return parameters
        return space.sample(rng)


def _without_loss(history: History) -> Indices:
    """Return the numbers of the trials without a loss, except pending repeats, which would mark good regions as bad."""
    numbers = np.flatnonzero(np.isnan(history.losses))
    return np.array([n for n in numbers if history.trials[n].proposal.repeat_of is None], dtype=np.intp)


def _thinned(measured: Indices, unknown: Indices) -> Indices:
    """Return about `_MOST_OTHERS` trials: the latest without a loss, and an even selection of the measured ones.

    Measured trials are selected by number, so that the selection stays the same from one proposal to the next and few
    trials have to be encoded.
    """
    unknown = unknown[-_MOST_OTHERS // 2 :]
    every = math.ceil(len(measured) / (_MOST_OTHERS - len(unknown)))
    return np.concatenate([measured[measured % every == 0] if every > 1 else measured, unknown])


def _reason(history: History, parameters: dict[str, Value], parent: int, good: int, measured: int) -> str:
    rank = f"best of {measured}" if good == 1 else f"one of the best {good} of {measured}"
    changed = [n for n, value in parameters.items() if history.trials[parent].parameters.get(n) != value]
    change = f"another {changed[0]}" if len(changed) == 1 else f"{len(changed)} parameters changed"
    return f"near trial {parent} ({rank}), {change}"
