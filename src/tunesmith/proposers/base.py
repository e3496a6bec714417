"""What a proposer must do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..core.trial import Proposal
from ..history.history import History


class Proposer(Protocol):
    """Decides which configurations to try next. Pure: the same history and seed give the same proposals.

    Trials that are still running are part of the history, so that parallel proposals differ. The study removes
    duplicates and forbidden combinations from what comes back; it asks for a few more than it needs.
    """

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` proposals, the most wanted first.

        Args:
            history: All that is known, with the space and the objective.
            count: How many are wanted; at least 1.
            seed: The study's seed, the same at every call. Mix in the number of trials where the randomness
                has to differ from call to call.

        Returns:
            Proposals whose parameters lie in `history.space`.
        """
        ...
