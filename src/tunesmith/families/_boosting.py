"""What all boosters share: when to stop adding rounds."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from ..data.problem import Problem

MOST_ROUNDS = 3000
_USUAL_RATE = 0.05
_GROWTH = 0.4  # Of the rounds with the rows.


def patience(rows: int, learning_rate: float) -> int:
    """Return the rounds without improvement after which to stop.

    It is a third of AutoGluon 1.5's, which on eight tables took half of the time for the same loss; smaller steps get
    more rounds.
    """
    return round(max(20, min(100, 1_000_000 / max(rows, 1))) * max(1.0, _USUAL_RATE / learning_rate))


def boosting_seconds(
    problem: Problem, *, rows: float, cells: float, leaves: float, learning_rate: float, costs: BoostingCosts
) -> float:
    """Return an estimate of the processor seconds of one fit; `benchmarks.families` measures it.

    Args:
        problem: What is predicted.
        rows: The number of rows.
        cells: The number of values that one level of a tree looks at.
        leaves: The most leaves of a tree.
        learning_rate: The smaller, the more rounds.
        costs: The booster's.
    """
    trees = problem.outputs if problem.kind == "multiclass" else 1
    waited = min(costs.most_patience, patience(round(rows), learning_rate))
    growing = costs.rounds * (1 if problem.is_classification else costs.regression) / learning_rate
    rounds = min(costs.most_rounds, waited + growing * math.pow(rows / 1000, _GROWTH))
    a_tree = costs.tree + costs.leaf * leaves + costs.row * rows + costs.cell * cells * math.log2(leaves + 1)
    return trees * rounds * a_tree


@dataclass(frozen=True, kw_only=True)
class BoostingCosts:
    """The processor seconds of a booster.

    Args:
        tree: Of any tree.
        leaf: Of each leaf of a tree.
        row: Of each row for a tree.
        cell: Of each value for a level of a tree.
        rounds: The rounds at learning rate 1 and 1,000 rows, for classes; they grow with the rows.
        regression: How many times as many rounds numbers take.
        most_rounds: The most rounds.
        most_patience: The most rounds without improvement.
    """

    tree: float
    leaf: float
    row: float
    cell: float
    rounds: float
    regression: float
    most_rounds: int = MOST_ROUNDS
    most_patience: int = 300


@dataclass
class Rounds:
    """Follows the loss of the validation rows, round by round.

    Args:
        patience: The rounds without improvement after which to stop.
        deadline: When to stop, by `time.monotonic()`; None for no limit.
        fixed: The number of rounds, where no rows are held out; None to stop by the loss.
    """

    patience: int
    deadline: float | None = None
    fixed: int | None = None
    best: int = 0
    loss: float = float("inf")

    def is_over(self, number: int, loss: float = float("inf")) -> bool:
        """Note a round, and return whether it is the last.

        Args:
            number: The number of the round, from 0.
            loss: The loss after it; none where no rows are held out.
        """
        late = self.deadline is not None and time.monotonic() > self.deadline
        if self.fixed is not None:
            self.best = number
            return late or number + 1 >= self.fixed
        if loss < self.loss:
            self.best, self.loss = number, loss
        return late or number - self.best >= self.patience
