"""What all boosters share: when to stop adding rounds."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

MOST_ROUNDS = 3000


def patience(rows: int) -> int:
    """Return the rounds without improvement after which to stop; the numbers are those of AutoGluon 1.5."""
    return max(20, min(300, 300 * 10_000 // max(rows, 1)))


def prediction_threads() -> int:
    """Return the number of threads to predict with: `OMP_NUM_THREADS`, or 0 for all cores."""
    return int(os.environ.get("OMP_NUM_THREADS") or 0)


@dataclass
class Rounds:
    """Follows the loss of the validation rows, round by round.

    Args:
        patience: The rounds without improvement after which to stop.
        deadline: When to stop, by `time.monotonic()`; None for no limit.
    """

    patience: int
    deadline: float | None = None
    best: int = 0
    loss: float = float("inf")

    def is_over(self, number: int, loss: float) -> bool:
        """Note a round, and return whether it is the last.

        Args:
            number: The number of the round, from 0.
            loss: The loss after it.
        """
        if loss < self.loss:
            self.best, self.loss = number, loss
        late = self.deadline is not None and time.monotonic() > self.deadline
        return late or number - self.best >= self.patience
