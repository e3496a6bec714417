"""Learning curves: the losses that trials reported at each step, and what pruners compare.

A report costs the same however many there were before; only with a Pareto objective, where every report changes the
losses of the others at its step, is a step computed anew.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..core.objective import Objective
from ..core.pareto import relative_losses
from ..core.reports import Report

_MOST_RUNGS = 64  # A longer complete training moves the rungs; the old ones are then dropped.


class Members(Hashable, Protocol):
    """The trials that compete with each other; equal ones share their rungs."""

    def __call__(self, number: int, /) -> bool:
        """Tell whether a trial is among them."""
        ...


@dataclass
class Progress:
    """What a trial's reports with the objective's metrics have come to.

    Args:
        least: The least finite loss; infinity without one. Without a meaning for a Pareto objective.
        furthest: The highest step; -1 without one.
        furthest_before: The highest step before the last report.
    """

    least: float = math.inf
    furthest: int = -1
    furthest_before: int = -1


class Standing:
    """The losses of trials that are compared with each other.

    Attributes:
        losses: By trial number.
        ordered: The same, sorted.
    """

    def __init__(self, losses: Mapping[int, float] | None = None) -> None:
        self.losses = dict(losses or {})
        self.ordered = sorted(self.losses.values())

    def enter(self, number: int, loss: float) -> None:
        """Add a trial, or change its loss."""
        self.drop(number)
        self.losses[number] = loss
        insort(self.ordered, loss)

    def drop(self, number: int) -> None:
        """Remove a trial, if it is there."""
        if (loss := self.losses.pop(number, None)) is not None:
            del self.ordered[bisect_left(self.ordered, loss)]


class _Rung:
    """The first step from a rung on at which each trial reported a finite loss, and these losses."""

    def __init__(self) -> None:
        self.steps: dict[int, int] = {}
        self.standing = Standing()

    def add(self, number: int, step: int, loss: float) -> None:
        if self.steps.get(number, step) >= step:
            self.steps[number] = step
            self.standing.enter(number, loss)

    def forget(self, number: int) -> None:
        self.steps.pop(number, None)
        self.standing.drop(number)


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
        self._progress: dict[int, Progress] = {}
        self._complete: set[int] = set()
        self._complete_at: dict[int, Standing] = {}
        self._rungs: dict[tuple[int, int], dict[Members | None, _Rung]] = {}

    def add(self, number: int, report: Report) -> None:
        """Add a trial's report. It counts at its step unless a metric is missing or not finite."""
        progress = self._progress.setdefault(number, Progress())
        progress.furthest_before = progress.furthest
        if any(metric.name not in report.metrics for metric in self._objective.metrics):
            return
        progress.furthest = max(progress.furthest, report.step)
        if not self._objective.is_known(report.metrics):
            return
        loss = math.nan
        if self._objective.pareto:
            self._values.setdefault(report.step, {})[number] = self._objective.values(report.metrics)
            self._stale.add(report.step)
        else:
            loss = self._objective.loss(report.metrics)
            self._losses.setdefault(report.step, {})[number] = loss
            progress.least = min(progress.least, loss)
        for (first, end), rungs in self._rungs.items():
            if first <= report.step < end:
                for members, rung in rungs.items():
                    if members is None or members(number):
                        rung.add(number, report.step, loss)

    def complete(self, number: int, steps: Iterable[int]) -> None:
        """Note that a trial with reports at some steps is complete."""
        self._complete.add(number)
        for step in set(steps):
            if (loss := self._losses.get(step, {}).get(number)) is not None and not self._objective.pareto:
                self._complete_at.setdefault(step, Standing()).enter(number, loss)

    def forget(self, number: int, steps: Iterable[int]) -> None:
        """Remove a trial's reports at some steps: all that it has made."""
        self._progress.pop(number, None)
        for step in steps:
            if self._values.get(step, {}).pop(number, None) is not None:
                self._stale.add(step)
            self._losses.get(step, {}).pop(number, None)
        for rungs in self._rungs.values():
            for rung in rungs.values():
                rung.forget(number)

    @property
    def steps(self) -> list[int]:
        """Every step with a report, sorted."""
        return sorted(self._losses.keys() | self._values.keys())

    def at(self, step: int) -> Mapping[int, float]:
        """Return the loss of each trial at a step, by number."""
        if step in self._stale:
            values = self._values[step]
            losses = relative_losses(np.array(list(values.values())).reshape(len(values), len(self._objective.metrics)))
            self._losses[step] = dict(zip(values, losses.tolist(), strict=True))
            self._stale.remove(step)
        return self._losses.get(step, {})

    def progress(self, number: int) -> Progress:
        """Return what a trial's reports have come to so far."""
        return self._progress.get(number, Progress())

    def complete_at(self, step: int) -> Standing:
        """Return the losses of the complete trials at a step."""
        if self._objective.pareto:
            return Standing({number: loss for number, loss in self.at(step).items() if number in self._complete})
        return self._complete_at.get(step, Standing())

    def rung(self, first: int, end: int, members: Members | None = None) -> Standing:
        """Return the losses of the trials at a rung: of each trial, the finite loss at its first step there.

        Args:
            first: The rung's step.
            end: The next rung's step.
            members: The trials to compare; all by default.
        """
        if (first, end) not in self._rungs and len(self._rungs) == _MOST_RUNGS:
            del self._rungs[next(iter(self._rungs))]
        rungs = self._rungs.setdefault((first, end), {})
        if members not in rungs:
            rung = rungs[members] = _Rung()
            for step in self.steps:
                if first <= step < end:
                    for number, loss in self.at(step).items():
                        if members is None or members(number):
                            rung.add(number, step, loss)
        if self._objective.pareto:
            return Standing({number: self.at(step)[number] for number, step in rungs[members].steps.items()})
        return rungs[members].standing
