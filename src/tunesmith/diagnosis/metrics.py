"""The usual metrics of the ensemble, the best trial and the prior."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.arrays import Floats
from ..data.scores import SCORES, Score
from ..errors import InputError
from ..families.base import BASELINE
from .fitted import Fitted
from .leaderboard import LeaderboardRow

_BINARY = ("log_loss", "auc", "average_precision", "brier", "accuracy", "balanced_accuracy", "f1", "mcc")
_CLASSES = ("log_loss", "auc", "brier", "accuracy", "balanced_accuracy", "f1_macro", "mcc")
_NUMBERS = ("rmse", "mae", "median_ae", "mape", "r2")


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """One metric of out-of-fold predictions; None where it cannot be computed.

    Args:
        name: The metric.
        maximize: Whether larger is better.
        ensemble: That of the ensemble.
        best_single: That of the best trial.
        prior: That of the trial that knows only the target.
    """

    name: str
    maximize: bool
    ensemble: float | None
    best_single: float | None
    prior: float | None


def metric_rows(fitted: Fitted, rows: Sequence[LeaderboardRow]) -> list[MetricRow]:
    """Return the usual metrics that apply to all problems, the chosen one first.

    Args:
        fitted: The fit.
        rows: Its leaderboard.
    """
    kinds = {problem.kind for problem in fitted.table.problems}
    single = next((row.trial for row in rows if row.trial is not None), None)
    prior = next((row.trial for row in rows if row.family == BASELINE), None)
    usual = _BINARY if kinds == {"binary"} else _CLASSES if kinds <= {"binary", "multiclass"} else _NUMBERS
    applying = [SCORES[name] for name in usual if name in SCORES and kinds <= SCORES[name].kinds]
    scores = [fitted.score, *(score for score in applying if score.name != fitted.score.name)]
    return [
        MetricRow(
            name=score.name,
            maximize=score.maximize,
            ensemble=_value(fitted, score, fitted.judged(score, fitted.combined)),
            best_single=None if single is None else _value(fitted, score, fitted.out_of_fold[single]),
            prior=None if prior is None else _value(fitted, score, fitted.out_of_fold[prior]),
        )
        for score in scores
    ]


def _value(fitted: Fitted, score: Score, predictions: Floats) -> float | None:
    try:
        weight = None if fitted.table.weight is None else fitted.table.weight[fitted.rows]
        value = score.mean(fitted.table.problems, fitted.target, predictions, weight)
    except (InputError, ValueError, ZeroDivisionError):  # A class is absent, or a target is constant or negative.
        return None
    return value if math.isfinite(value) else None
