"""The interface of a proposer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..core.trial import Proposal
from ..history.history import History


class Proposer(Protocol):
    """Chooses which configurations to try next. Pure: the same history and seed give the same proposals.

    The history includes pending trials, so that parallel proposals can differ. The study drops duplicates and forbidden
    combinations, and asks for a few more proposals than it needs.
    """

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` proposals, the best first.

        Args:
            history: The study so far, with its space and objective.
            count: The number of proposals wanted; at least 1.
            seed: The study's seed, the same in every call. Combine it with the number of trials where the random
                numbers must differ between calls.

        Returns:
            Proposals whose parameters lie in `history.space`.
        """
        ...
