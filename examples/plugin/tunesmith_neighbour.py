"""Proposals that differ from the best trial in one parameter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tunesmith import InputError, Proposal
from tunesmith.history import History


@dataclass(frozen=True, kw_only=True)
class NeighbourProposer:
    """Changes one parameter of the best trial.

    Args:
        explore: The share of proposals that are drawn at random instead, in [0, 1].
    """

    explore: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.explore <= 1:
            raise InputError(f"explore must be in [0, 1], but {self.explore} was given.", keys=("explore",))

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return `count` proposals; the same ones for the same history and seed."""
        rng = np.random.default_rng([seed, len(history.trials)])
        taken: list[Proposal] = []
        for _ in range(count):
            for _ in range(8):  # where all is tried already, the last one will do: tunesmith leaves it out
                proposal = self._neighbour(history, rng)
                if not history.has_tried(proposal.parameters) and proposal not in taken:
                    break
            taken.append(proposal)
        return taken

    def _neighbour(self, history: History, rng: np.random.Generator) -> Proposal:
        space, best, drawn = history.space, history.best, history.space.sample(rng)
        if best is not None and rng.random() >= self.explore:
            name = list(drawn)[rng.integers(len(drawn))]
            parameters = space.complete({**best.parameters, name: drawn[name]})
            if not space.is_forbidden(parameters):
                reason = f"trial {best.number} with another {name}."
                return Proposal(parameters=parameters, proposer="neighbour", reason=reason, parent=best.number)
        return Proposal(parameters=drawn, proposer="neighbour", reason="drawn at random.")
