"""Metrics of predictions, by their usual names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.arrays import Floats
from ..errors import InputError, nearest
from .problem import Kind, Problem


@dataclass(frozen=True, kw_only=True)
class Score:
    """A metric of predictions.

    Args:
        maximize: Whether larger is better.
        kinds: The kinds of problem that it applies to.
        function: Takes the target, shape `(rows,)`, and predictions, shape `(rows, outputs)`.
    """

    maximize: bool
    kinds: frozenset[Kind]
    function: Callable[[Floats, Floats], float]

    def loss(self, target: Floats, predictions: Floats) -> float:
        """Return the metric so that smaller is better."""
        value = self.function(target, predictions)
        return -value if self.maximize else value


def _log_loss(target: Floats, predictions: Floats) -> float:
    chosen = predictions[np.arange(len(target)), target.astype(int)] / predictions.sum(axis=1)
    return float(-np.log(np.clip(chosen, 1e-15, 1)).mean())


def _auc(target: Floats, predictions: Floats) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(target, predictions[:, 1]))


def _accuracy(target: Floats, predictions: Floats) -> float:
    return float((predictions.argmax(axis=1) == target).mean())


def _rmse(target: Floats, predictions: Floats) -> float:
    return float(np.sqrt(np.mean((target - predictions[:, 0]) ** 2)))


def _mae(target: Floats, predictions: Floats) -> float:
    return float(np.abs(target - predictions[:, 0]).mean())


def _r2(target: Floats, predictions: Floats) -> float:
    return float(1 - np.mean((target - predictions[:, 0]) ** 2) / np.var(target))


_CLASSES: Any = frozenset({"binary", "multiclass"})
_NUMBERS: Any = frozenset({"regression"})
SCORES = {
    "log_loss": Score(maximize=False, kinds=_CLASSES, function=_log_loss),
    "auc": Score(maximize=True, kinds=frozenset({"binary"}), function=_auc),
    "accuracy": Score(maximize=True, kinds=_CLASSES, function=_accuracy),
    "rmse": Score(maximize=False, kinds=_NUMBERS, function=_rmse),
    "mae": Score(maximize=False, kinds=_NUMBERS, function=_mae),
    "r2": Score(maximize=True, kinds=_NUMBERS, function=_r2),
}


def score_named(name: str | None, problem: Problem) -> tuple[str, Score]:
    """Return a metric's name and function; log loss or RMSE by default.

    Raises:
        InputError: There is no such metric for this kind of problem.
    """
    chosen = name or ("log_loss" if problem.is_classification else "rmse")
    fitting = [key for key, score in SCORES.items() if problem.kind in score.kinds]
    if chosen not in fitting:
        raise InputError(
            f"the metric of a {problem.kind} problem must be one of {', '.join(fitting)}, got '{chosen}'."
            f"{nearest(chosen, fitting)}",
            keys=("metric",),
        )
    return chosen, SCORES[chosen]
