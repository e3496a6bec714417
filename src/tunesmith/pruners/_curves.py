"""What pruners ask of a trial's reports."""

from __future__ import annotations

import math

from ..core.trial import Trial
from ..history.history import History

_SHORTEST_SHARE = 27


def exempt(trial: Trial) -> bool:
    """Tell whether a trial is never pruned: the user's own configuration, and a judge's repeats."""
    return trial.number == 0 or trial.proposal.repeat_of is not None


def first_rung(min_steps: int | None, length: int | None) -> int | None:
    """Return the step from which trials are stopped: as given, else a 27th of a full training, None if unknown."""
    if min_steps is not None or length is None:
        return min_steps
    return max(1, math.ceil(length / _SHORTEST_SHARE))


def rung_below(step: int, first: int, factor: int) -> int | None:
    """Return the highest of the rungs `first`, `first * factor`, ... at or below a step, or None below the first.

    >>> [rung_below(step, 2, 3) for step in (1, 2, 5, 6, 20)]
    [None, 2, 2, 6, 18]
    """
    if step < first:
        return None
    rung = first
    while rung * factor <= step:
        rung *= factor
    return rung


def rung_reached(history: History, trial: Trial, first: int, factor: int) -> int | None:
    """Return the rung that a trial has come to with its last report, or None where that brings it to no new one.

    A report without the objective's metrics brings it nowhere.
    """
    last = trial.reports[-1]
    rung = rung_below(last.step, first, factor)
    if rung is None or history.loss_of(trial, last) is None:
        return None
    earlier = (report for report in trial.reports[:-1] if report.step >= rung)
    return None if any(history.loss_of(trial, report) is not None for report in earlier) else rung


def in_words(history: History, loss: float) -> str:
    """Return a loss as the user knows it: the metric with its own sign, or what stands for several."""
    if math.isinf(loss):
        return f"{history.objective.primary.name} that is no finite number"
    if history.objective.pareto:
        return f"distance of {loss:.6g} to the front at that step"
    if len(history.objective.metrics) > 1:
        return f"weighted loss of {loss:.6g}"
    metric = history.objective.primary
    return f"{metric.name} of {metric.sign * loss:.6g}"
