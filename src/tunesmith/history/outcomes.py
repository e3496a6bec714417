"""Trial outcomes as arrays, one row per trial."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..core.arrays import Flags, Floats
from ..core.objective import Objective
from ..core.pareto import relative_losses

_LOSS, _VIOLATION, _REACH, _FIRST_VALUE = range(4)


class Outcomes:
    """Outcomes of trials, NaN until known. The arrays are read-only views.

    Args:
        objective: The objective, whose metrics and constraints are the columns.

    >>> outcomes = Outcomes(Objective.parse("maximize y"))
    >>> outcomes.add_trial()
    >>> outcomes.record(0, {"y": 3.0}, reach=math.inf)
    >>> outcomes.losses
    array([-3.])
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._first_excess = _FIRST_VALUE + len(objective.metrics)
        self._table = np.full((64, self._first_excess + len(objective.constraints)), np.nan)
        self._crashed = np.zeros(64, dtype=bool)
        self._rows = 0
        self._losses_current = True

    def add_trial(self) -> None:
        """Add the row of a new trial."""
        if self._rows == len(self._table):
            self._table = np.concatenate([self._table, np.full_like(self._table, np.nan)])
            self._crashed = np.concatenate([self._crashed, np.zeros_like(self._crashed)])
        self._rows += 1

    def record(self, number: int, metrics: Mapping[str, float], reach: float) -> None:
        """Record the final metrics of a trial.

        Args:
            number: The trial's number.
            metrics: Finite metrics by name; those of the objective may be missing for a pruned trial.
            reach: Infinity if the trial is complete, else its last step.
        """
        objective = self._objective
        known = (math.nan,) * 3
        if objective.is_known(metrics):
            loss = math.nan if objective.pareto else objective.loss(metrics)
            known = loss, objective.violation(metrics), reach
            self._losses_current = not objective.pareto
        excesses = [constraint.excess(metrics) for constraint in objective.constraints]
        self._table[number] = (*known, *objective.values(metrics), *excesses)

    def mark_crashed(self, number: int, crashed: bool = True) -> None:
        """Set whether a trial failed in a way that its parameters may have caused."""
        self._crashed[number] = crashed

    def is_measured(self, number: int) -> bool:
        """Tell whether every metric of a trial is known."""
        return not math.isnan(self._table[number, _REACH])

    @property
    def losses(self) -> Floats:
        """See `History.losses`."""
        if not self._losses_current:
            self._table[: self._rows, _LOSS] = relative_losses(self.values)
            self._losses_current = True
        return self._table[: self._rows, _LOSS]

    @property
    def violations(self) -> Floats:
        """See `History.violations`."""
        return self._table[: self._rows, _VIOLATION]

    @property
    def reach(self) -> Floats:
        """See `History.reach`."""
        return self._table[: self._rows, _REACH]

    @property
    def values(self) -> Floats:
        """See `History.values`."""
        return self._table[: self._rows, _FIRST_VALUE : self._first_excess]

    @property
    def excesses(self) -> Floats:
        """See `History.excesses`."""
        return self._table[: self._rows, self._first_excess :]

    @property
    def crashed(self) -> Flags:
        """See `History.crashed`."""
        return self._crashed[: self._rows]
