"""What pruners ask of a trial's reports."""

from __future__ import annotations

import math

from ..history import History
from ..trial import Report, Trial


def exempt(trial: Trial) -> bool:
    """Tell whether a trial is never pruned: the user's own configuration, and a judge's repeats."""
    return trial.number == 0 or trial.proposal.repeat_of is not None


def loss_of(history: History, report: Report) -> float | None:
    """Return a report's loss: infinite where it is no finite number, None where the metric is not in the report."""
    try:
        loss = history.objective.loss(report.metrics)
    except KeyError:
        return None
    return loss if math.isfinite(loss) else math.inf


def in_words(history: History, loss: float) -> str:
    """Return a loss as the user knows it: the metric with its own sign, or the weighted sum of several."""
    if math.isinf(loss):
        return f"{history.objective.primary.name} that is no finite number"
    if len(history.objective.metrics) > 1:
        return f"weighted loss of {loss:.6g}"
    metric = history.objective.primary
    return f"{metric.name} of {metric.sign * loss:.6g}"
