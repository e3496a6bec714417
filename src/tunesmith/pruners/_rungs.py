"""Rungs, and the rules that pruners share."""

from __future__ import annotations

import math

from ..core.trial import Trial
from ..history.history import History
from ..text.wording import number

_FIRST_RUNG_SHARE = 27


def is_exempt(trial: Trial) -> bool:
    """Tell whether a trial is never pruned: the user's own configuration, or a judge's repeat."""
    return trial.number == 0 or trial.proposal.repeat_of is not None


def first_rung(history: History, trial: Trial, min_steps: int | None) -> int | None:
    """Return the step of the first rung: `min_steps`, or by default a 27th of the longest complete training.

    Returns:
        The step; None if it is unknown, or if the trial must not be stopped: it is exempt, has not reported, or has
        reached the last step of the longest complete training.
    """
    length = history.full_length
    if is_exempt(trial) or not trial.reports or (length is not None and trial.reports[-1].step >= length):
        return None
    return min_steps if min_steps is not None or length is None else max(1, math.ceil(length / _FIRST_RUNG_SHARE))


def rung_below(step: int, first: int, factor: int) -> int | None:
    """Return the highest of the rungs `first`, `first * factor`, ... at or below a step; None below the first.

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
    """Return the rung that a trial has reached with its last report; None if it reached no new one.

    Reports without the objective's metrics do not count.
    """
    last = trial.reports[-1]
    rung = rung_below(last.step, first, factor)
    if rung is None or history.loss_of(trial, last) is None:
        return None
    return rung if history.curves.progress(trial.number).furthest_before < rung else None


def loss_name(history: History) -> str:
    """Return what `loss_value` shows: the metric's name, or the quantity that represents several metrics."""
    if history.objective.pareto:
        return "distance to the front"
    return "weighted loss" if len(history.objective.metrics) > 1 else history.objective.primary.name


def loss_value(history: History, loss: float) -> str:
    """Return a loss as text, a single metric with its own sign."""
    if math.isinf(loss):
        return "not finite"
    sign = history.objective.primary.sign if len(history.objective.metrics) == 1 else 1.0
    return number(sign * loss)
