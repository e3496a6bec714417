"""Learning curves: the losses that trials reported at each step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..core.objective import Objective
from ..core.pareto import relative_losses
from ..core.trial import Report


class Curves:
    """The losses of trials by step.

    With a Pareto objective, losses are relative to the trials that reported at the same step (`pareto.maximin`). They
    compare trials at one step, but not one trial at two steps.

    Args:
        objective: The objective that defines the loss.

    >>> curves = Curves(Objective.parse("maximize y"))
    >>> curves.add(4, Report(step=1, metrics={"y": 0.5}))
    >>> curves.at(1)
    {4: -0.5}
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._losses: dict[int, dict[int, float]] = {}
        self._values: dict[int, dict[int, tuple[float, ...]]] = {}
        self._stale: set[int] = set()  # Steps whose losses must be recomputed from the values.

    def __deepcopy__(self, memo: dict[int, Any]) -> Curves:
        """Return a copy for `History.snapshot`, without visiting each of possibly a million numbers."""
        copied = Curves(self._objective)
        copied._losses = {step: dict(losses) for step, losses in self._losses.items()}
        copied._values = {step: dict(values) for step, values in self._values.items()}
        copied._stale = set(self._stale)
        return copied

    def add(self, number: int, report: Report) -> None:
        """Add a trial's report, unless a metric is missing or not finite."""
        if not self._objective.is_known(report.metrics):
            return
        if self._objective.pareto:
            self._values.setdefault(report.step, {})[number] = self._objective.values(report.metrics)
            self._stale.add(report.step)
        else:
            self._losses.setdefault(report.step, {})[number] = self._objective.loss(report.metrics)

    def forget(self, number: int, steps: Iterable[int]) -> None:
        """Remove a trial's reports at some steps."""
        for step in steps:
            if self._values.get(step, {}).pop(number, None) is not None:
                self._stale.add(step)
            self._losses.get(step, {}).pop(number, None)

    @property
    def steps(self) -> list[int]:
        """Every step with a report, sorted."""
        return sorted(self._losses.keys() | self._values.keys())

    def at(self, step: int) -> Mapping[int, float]:
        """Return the loss of each trial at a step, by number."""
        if step in self._stale:
            values = self._values[step]
            losses = relative_losses(np.array(list(values.values())).reshape(len(values), -1))
            self._losses[step] = dict(zip(values, losses.tolist(), strict=True))
            self._stale.remove(step)
        return self._losses.get(step, {})
