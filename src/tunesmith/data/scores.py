"""Metrics of predictions, by their usual names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        name: Its name.
        maximize: Whether larger is better.
        kinds: The kinds of problem that it applies to.
        function: Takes the target, shape `(rows,)`, and predictions, shape `(rows, outputs)`.
    """

    name: str
    maximize: bool
    kinds: frozenset[Kind]
    function: Callable[[Floats, Floats], float]

    def mean(self, problems: Sequence[Problem], target: Floats, predictions: Floats) -> float:
        """Return the metric, averaged over the problems.

        Args:
            problems: What is predicted.
            target: Encoded, shape `(rows, problems)`.
            predictions: The outputs of one problem after the other, shape `(rows, outputs)`.
        """
        values = [
            self.function(target[:, index], part) for index, part in enumerate(per_problem(problems, predictions))
        ]
        return float(np.mean(values))

    def loss(self, problems: Sequence[Problem], target: Floats, predictions: Floats) -> float:
        """Return `mean` so that smaller is better."""
        value = self.mean(problems, target, predictions)
        return -value if self.maximize else value


def per_problem(problems: Sequence[Problem], predictions: Floats) -> list[Floats]:
    """Return the columns of each problem, shape `(rows, outputs)` each."""
    ends = np.cumsum([problem.outputs for problem in problems])
    return np.split(predictions, ends[:-1], axis=1)


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
_BINARY: Any = frozenset({"binary"})
_NUMBERS: Any = frozenset({"regression"})
SCORES = {
    score.name: score
    for score in (
        Score(name="log_loss", maximize=False, kinds=_CLASSES, function=_log_loss),
        Score(name="auc", maximize=True, kinds=_BINARY, function=_auc),
        Score(name="accuracy", maximize=True, kinds=_CLASSES, function=_accuracy),
        Score(name="rmse", maximize=False, kinds=_NUMBERS, function=_rmse),
        Score(name="mae", maximize=False, kinds=_NUMBERS, function=_mae),
        Score(name="r2", maximize=True, kinds=_NUMBERS, function=_r2),
    )
}


def score_named(name: str | None, problems: Sequence[Problem]) -> Score:
    """Return a metric; log loss or RMSE by default.

    Raises:
        InputError: There is no such metric for these kinds of problem.
    """
    chosen = name or ("log_loss" if problems[0].is_classification else "rmse")
    kinds = {problem.kind for problem in problems}
    fitting = [key for key, score in SCORES.items() if kinds <= score.kinds]
    if chosen not in fitting:
        raise InputError(
            f"the metric of a {' and '.join(sorted(kinds))} problem must be one of {', '.join(fitting)}, "
            f"got '{chosen}'.{nearest(chosen, fitting)}",
            keys=("metric",),
        )
    return SCORES[chosen]
