"""Given configurations first, in their order; then another proposer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..core.trial import Proposal, Value
from ..history.history import History
from ..plugins import resolve
from .base import Proposer

_NAME = "ordered"


@dataclass(frozen=True, kw_only=True)
class OrderedProposer:
    """Proposes known good configurations in their order, before a search begins.

    Args:
        configurations: The active parameters of each, the first to be tried first.
        then: The proposer of all later trials: a name, a table or an object.
    """

    configurations: Sequence[Mapping[str, Value]] = ()
    then: str | Mapping[str, Any] | Proposer = "portfolio"

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return the next given configurations, or what the other proposer proposes."""
        tried = {history.space.key(trial.parameters) for trial in history.trials}
        left = [c for c in self.configurations if history.space.key(c) not in tried]
        proposals = [
            Proposal(parameters=dict(c), proposer=_NAME, reason="known to be good on other tables")
            for c in left[:count]
        ]
        if len(proposals) < count:
            proposals += self._then.propose(history, count=count - len(proposals), seed=seed)
        return proposals

    @cached_property
    def _then(self) -> Proposer:
        proposer: Proposer = resolve("proposers", self.then)
        return proposer
