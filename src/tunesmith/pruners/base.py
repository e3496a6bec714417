"""What a pruner must do."""

from __future__ import annotations

from typing import Protocol

from ..core.trial import Trial
from ..history.history import History


class Pruner(Protocol):
    """Decides, after each report, whether a running trial goes on. Pure, like a proposer."""

    def should_prune(self, history: History, trial: Trial) -> str | None:
        """Return why the trial is to stop, in words, or None to let it go on.

        Args:
            history: All that is known; `history.at_step` gives what other trials reported.
            trial: The running trial; the report to decide on is `trial.reports[-1]`.
        """
        ...
