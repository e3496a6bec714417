"""The interface of a pruner."""

from __future__ import annotations

from typing import Protocol

from ..core.trial import Trial
from ..history.history import History


class Pruner(Protocol):
    """Decides after each report whether a running trial continues. Pure, like a proposer."""

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return the reason to stop the trial, or None to let it continue.

        Args:
            history: The study so far; `history.at_step` returns the losses of other trials.
            trial: The running trial; the report to decide on is `trial.reports[-1]`.
        """
        ...
