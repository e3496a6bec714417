"""The interface of a judge."""

from __future__ import annotations

from typing import Protocol

from ..core.trial import Trial, Verdict
from ..history.history import History


class Judge(Protocol):
    """Accepts, rejects or repeats a complete trial. Pure, like a proposer."""

    def judge(self, history: History, trial: Trial) -> Verdict | None:
        """Return the verdict on a complete trial, or None to be asked again later.

        Args:
            history: The study so far, this trial included.
            trial: The complete trial.
        """
        ...
