"""Proposals from the tree-structured Parzen estimator: like the best trials, and unlike the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.trial import Proposal, Value
from ..errors import InputError
from ..history.history import History
from ..surrogates.feasibility import Limit, crashes
from ..surrogates.parzen import Parzen
from ..surrogates.ranking import ranked
from ..surrogates.units import snap
from .quasirandom import QuasirandomProposer

_STREAM = 3  # Keeps these draws apart from those of other proposers that share the study's seed.
_MOST_GOOD = 25  # As in Bergstra et al. 2013: beyond that, more good trials only blur where the best ones lie.
_MOST_SHOWN = 150  # To the process that tells where trials crash.
_MORE = 4  # Times as many candidates are drawn then, as many of them are ruled out.
_MOST_OTHERS = 1000  # Bounds the cost of a proposal in a long study; a density does not get better with more.

Places = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class TpeProposer:
    """The multivariate tree-structured Parzen estimator.

    Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", section 4; Watanabe 2023, arXiv 2304.11127.
    The best trials make one density, all others a second one. Points are drawn from the first, and the one where the
    first is highest against the second is proposed. Better trials weigh more in the first, by their rank alone, so
    that the scale of the metric does not matter.

    Once trials have crashed, a Gaussian process learns where they do (`_feasibility`), and points that are likely to
    crash come last. Failed trials count among the others, and so do those that still run, which keeps parallel
    proposals apart.
    Trials that break a constraint rank after those that do not. Pruned trials rank after complete ones, as they
    lost against their peers at the same step, and among themselves by how far they came, then by loss.

    In a conditional space it may settle on the family that is good for the most part, where another hides a better
    optimum: two densities do not tell how much better an untried place may be.

    Args:
        startup_trials: So many trials are measured at evenly spread points first; at least 2.
        good_share: The share of the measured trials that counts as good, 25 at the most; above 0, up to 0.5.
        candidates: How many points are drawn for one proposal. More is greedier, not better.

    >>> TpeProposer(candidates=48).good_share
    0.1
    """

    startup_trials: int = 10
    good_share: float = 0.1
    candidates: int = 24

    def __post_init__(self) -> None:
        if self.startup_trials < 2:
            raise InputError(
                f"startup_trials must be at least 2, but {self.startup_trials} was given.", keys=("startup_trials",)
            )
        if not 0 < self.good_share <= 0.5:
            raise InputError(
                f"good_share must be above 0 and at most 0.5, but {self.good_share} was given.", keys=("good_share",)
            )
        if self.candidates < 1:
            raise InputError(f"candidates must be at least 1, but {self.candidates} was given.", keys=("candidates",))

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return `count` configurations, each as if the ones before it were running already.

        Raises:
            SpaceExhausted: All that was drawn was forbidden.
        """
        measured = ranked(history)
        if len(measured) < self.startup_trials:
            return QuasirandomProposer().propose(history, count=count, seed=seed)
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        good = measured[: min(math.ceil(self.good_share * len(measured)), _MOST_GOOD)]
        weights = np.arange(len(good), 0, -1.0)
        weights *= len(good) / weights.sum()
        likely = Parzen(
            history.space, history.points_of(good), weights, prior_share=self.startup_trials / len(measured)
        )
        others = history.points_of(_spread(measured[len(good) :], _unknown(history)))
        crash = crashes(history, _MOST_SHOWN)
        proposals: list[Proposal] = []
        for _ in range(count):
            unlikely = Parzen(history.space, others, np.ones(len(others)))
            parameters = self._choose(history, likely, unlikely, crash, [p.parameters for p in proposals], rng)
            point = history.space.encode(parameters)[None]
            parent = int(good[likely.log_kernels(point)[0, :-1].argmax()])
            proposals.append(_told(history, parameters, parent, len(good), len(measured)))
            others = np.concatenate([others, point])
        return proposals

    def _choose(
        self,
        history: History,
        likely: Parzen,
        unlikely: Parzen,
        crash: Limit | None,
        taken: Sequence[object],
        rng: np.random.Generator,
    ) -> dict[str, Value]:
        """Return the best candidate that is allowed and new; where there is none, a random configuration."""
        space = history.space
        points = snap(space, likely.draw(self.candidates * (1 if crash is None else _MORE), rng))
        gain = likely.log_density(points) - unlikely.log_density(points)
        if crash is not None:
            gain += crash.log_probability(points)
        for place in np.argsort(-gain, kind="stable"):
            parameters = space.decode(points[place])
            if not (space.is_forbidden(parameters) or history.has_tried(parameters) or parameters in taken):
                return parameters
        return space.sample(rng)


def _unknown(history: History) -> Places:
    """Return the numbers of the trials without a loss, less the repeats: a good place must not look taken for one."""
    numbers = np.flatnonzero(np.isnan(history.losses))
    return np.array([n for n in numbers if history.trials[n].proposal.repeat_of is None], dtype=np.intp)


def _spread(measured: Places, unknown: Places) -> Places:
    """Return about `_MOST_OTHERS` of all at the most: every second, third or further trial, and the last unknown ones.

    Chosen by their numbers, they stay the same from one proposal to the next, so that few have to be encoded anew.
    """
    unknown = unknown[-_MOST_OTHERS // 2 :]
    every = math.ceil(len(measured) / (_MOST_OTHERS - len(unknown)))
    return np.concatenate([measured[measured % every == 0] if every > 1 else measured, unknown])


def _told(history: History, parameters: dict[str, Value], parent: int, good: int, measured: int) -> Proposal:
    best = "the best" if good == 1 else f"one of the best {good}"
    changed = [n for n, value in parameters.items() if history.trials[parent].parameters.get(n) != value]
    new = f"with another {changed[0]}" if len(changed) == 1 else f"with other values of {len(changed)} parameters"
    reason = f"close to trial {parent}, {best} of {measured} measured so far, {new}."
    return Proposal(parameters=parameters, proposer="tpe", reason=reason, parent=parent)
