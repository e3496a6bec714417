"""What a judge must do."""

from __future__ import annotations

from typing import Protocol

from ..core.trial import Trial, Verdict
from ..history.history import History


class Judge(Protocol):
    """Says what to make of a finished trial. Pure, like a proposer."""

    def judge(self, history: History, trial: Trial) -> Verdict | None:
        """Return the verdict on a trial that has completed; None for not yet, and then it is asked again later.

        Args:
            history: All that is known, this trial included.
            trial: The complete trial.
        """
        ...
