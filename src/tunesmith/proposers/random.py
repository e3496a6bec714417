"""Random search: the baseline for every other proposer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.trial import Proposal
from ..history.history import History

_STREAM = 1  # A random stream of its own: proposers share the study's seed.


@dataclass(frozen=True, kw_only=True)
class RandomProposer:
    """Draws each configuration independently, uniformly on each parameter's scale.

    >>> from tunesmith.core.objective import Objective
    >>> from tunesmith.core.space import Float, SearchSpace
    >>> history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    >>> proposals = RandomProposer().propose(history, count=2, seed=0)
    >>> [history.space.contains(proposal.parameters) for proposal in proposals]
    [True, True]
    """

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return `count` configurations, none of them forbidden.

        Raises:
            SpaceExhausted: A thousand draws in a row were forbidden.
        """
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        return [
            Proposal(parameters=history.space.sample(rng), proposer="random", reason="drawn at random")
            for _ in range(count)
        ]
