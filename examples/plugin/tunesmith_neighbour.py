"""A proposer that changes one parameter of the best trial."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tunesmith import InputError, Proposal
from tunesmith.history import History


@dataclass(frozen=True, kw_only=True)
class NeighbourProposer:
    """Changes one parameter of the best trial.

    Args:
        explore: The share of random proposals, in [0, 1].
    """

    explore: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.explore <= 1:
            raise InputError(f"explore must be in [0, 1], got {self.explore}.", keys=("explore",))

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return `count` proposals, the same for the same history and seed."""
        rng = np.random.default_rng([seed, len(history.trials)])
        proposals: list[Proposal] = []
        for _ in range(count):
            for _ in range(8):  # if none of 8 is new, the last one is returned, and the study drops it
                proposal = self._neighbour(history, rng)
                if not history.has_tried(proposal.parameters) and proposal not in proposals:
                    break
            proposals.append(proposal)
        return proposals

    def _neighbour(self, history: History, rng: np.random.Generator) -> Proposal:
        space, best, drawn = history.space, history.best, history.space.sample(rng)
        if best is not None and rng.random() >= self.explore:
            name = list(drawn)[rng.integers(len(drawn))]
            parameters = space.complete({**best.parameters, name: drawn[name]})
            if not space.is_forbidden(parameters):
                reason = f"trial {best.number} with another {name}"
                return Proposal(parameters=parameters, proposer="neighbour", reason=reason, parent=best.number)
        return Proposal(parameters=drawn, proposer="neighbour", reason="drawn at random")
