"""Space-filling proposals from a scrambled Sobol sequence."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Floats
from ..core.space import SearchSpace
from ..core.trial import Proposal
from ..history.history import History

if TYPE_CHECKING:
    from scipy.stats import qmc


_STREAM = 2  # A random stream of its own: proposers share the study's seed.


@dataclass(frozen=True, kw_only=True)
class QuasirandomProposer:
    """Takes the next points of a scrambled Sobol sequence (Owen 1998), which leaves smaller gaps than random points.

    A trial's number is its index in the sequence, so that a resumed study continues the sequence. Where the space has a
    prior, every second trial takes the next point of a sequence mapped to the prior; the others fill the whole space,
    in case the prior is wrong.

    >>> from tunesmith.core.objective import Objective
    >>> from tunesmith.core.space import Float, SearchSpace
    >>> history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    >>> first, second = QuasirandomProposer().propose(history, count=2, seed=0)
    >>> (first.parameters["x"] < 0.5) != (second.parameters["x"] < 0.5)
    True
    """

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return the next `count` points of the sequence, with random draws in place of forbidden ones.

        Raises:
            SpaceExhausted: A thousand draws in a row were forbidden.
        """
        space = history.space
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        proposals = []
        for number, point in enumerate(_points(space, len(history.trials), count, seed), len(history.trials)):
            parameters = space.decode(point)
            reason = "next point of a Sobol sequence"
            if space.has_prior and number % 2 == 1:
                reason += " over your prior"
            if space.is_forbidden(parameters):
                parameters, reason = space.sample(rng), "drawn at random: the next Sobol point is forbidden"
            proposals.append(Proposal(parameters=parameters, proposer="quasirandom", reason=reason))
        return proposals


def _points(space: SearchSpace, first: int, count: int, seed: int) -> Floats:
    """Return the points of trials `first` to `first + count - 1`, shape `(count, parameters)`."""
    dimensions = len(space.names)
    if not space.has_prior:
        return _sobol(dimensions, first=first, count=count, seed=seed)
    # Every second point of one sequence lies in the same half of the space, so the prior gets dimensions of its own.
    both = _sobol(2 * dimensions, first=first // 2, count=count // 2 + 1, seed=seed)
    alternating = np.stack([both[:, :dimensions], space.from_prior(both[:, dimensions:])], axis=1)
    return alternating.reshape(-1, dimensions)[first % 2 :][:count]


def _sobol(dimensions: int, *, first: int, count: int, seed: int) -> Floats:
    """Return points `first` to `first + count - 1` of the sequence, shape `(count, dimensions)`."""
    sequence = copy(_sequence(dimensions, seed))  # A copy: another thread may be drawing from it.
    sequence.reset()
    # SciPy warns if the first draw is no power of two, as means over it are less exact. No means are taken here.
    if first:
        sequence.fast_forward(first)
        return sequence.random(count)
    points = sequence.random(1)
    return points if count == 1 else np.concatenate([points, sequence.random(count - 1)])


@cache
def _sequence(dimensions: int, seed: int) -> qmc.Sobol:
    """Return the sequence, cached because scrambling takes longer than fast-forwarding."""
    from scipy.stats import qmc  # Takes a second to import.

    return qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng([seed, _STREAM]))
