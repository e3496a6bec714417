"""Metrics of predictions, by their usual names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.arrays import Floats
from ..errors import InputError, nearest
from . import class_scores, number_scores
from .problem import Kind, Problem


@dataclass(frozen=True, kw_only=True)
class Score:
    """A metric of predictions.

    Args:
        name: Its name.
        maximize: Whether larger is better.
        kinds: The kinds of problem that it applies to.
        function: Takes the target, shape `(rows,)`, predictions, shape `(rows, outputs)`, and the weights of the rows,
            shape `(rows,)`, or None.
        labels: Whether it judges the class that is chosen, not the probabilities, so that a decision threshold matters.
    """

    name: str
    maximize: bool
    kinds: frozenset[Kind]
    function: Callable[[Floats, Floats, Floats | None], float]
    labels: bool = False

    def mean(
        self, problems: Sequence[Problem], target: Floats, predictions: Floats, weight: Floats | None = None
    ) -> float:
        """Return the metric, averaged over the problems.

        Args:
            problems: What is predicted.
            target: Encoded, shape `(rows, problems)`.
            predictions: The outputs of one problem after the other, shape `(rows, outputs)`.
            weight: The weight of each row, shape `(rows,)`; None if all count alike.
        """
        parts = per_problem(problems, predictions)
        return float(np.mean([self.function(target[:, index], part, weight) for index, part in enumerate(parts)]))

    def loss(
        self, problems: Sequence[Problem], target: Floats, predictions: Floats, weight: Floats | None = None
    ) -> float:
        """Return `mean` so that smaller is better: 1, the best value of each that is to be maximized, minus it."""
        value = self.mean(problems, target, predictions, weight)
        return 1 - value if self.maximize else value


def per_problem(problems: Sequence[Problem], predictions: Floats) -> list[Floats]:
    """Return the columns of each problem, shape `(rows, outputs)` each."""
    ends = np.cumsum([problem.outputs for problem in problems])
    return np.split(predictions, ends[:-1], axis=1)


def relative_loss(target: Floats, predictions: Floats, weight: Floats | None) -> float:
    """Return the loss relative to that of a model that knows the target alone, so that targets can be averaged.

    It is the log loss over that of the shares of the classes, or the RMSE over the standard deviation.
    """
    if predictions.shape[1] == 1:
        constant = np.full_like(predictions, np.average(target, weights=weight))
        loss, reference = (number_scores.rmse(target, part, weight) for part in (predictions, constant))
    else:
        counts = np.bincount(target.astype(np.intp), weights=weight, minlength=predictions.shape[1])
        shares = np.broadcast_to(counts / counts.sum(), predictions.shape)
        loss, reference = (class_scores.log_loss(target, part, weight) for part in (predictions, shares))
    return loss / reference if reference > 0 else loss


_CLASSES: Any = frozenset({"binary", "multiclass"})
_NUMBERS: Any = frozenset({"regression"})
_LARGER_PROBABILITY = ("auc", "auc_weighted", "auc_ovo", "average_precision")
_LARGER_LABEL = (
    *("accuracy", "balanced_accuracy", "f1", "f1_macro", "f1_weighted", "mcc", "kappa", "quadratic_kappa"),
    *("precision", "precision_macro", "precision_weighted", "recall", "recall_macro"),
)
_SMALLER_NUMBER = (
    *("rmse", "mae", "mse", "median_ae", "max_error", "mape", "smape", "rmsle", "msle"),
    *("poisson_deviance", "gamma_deviance"),
)
_LARGER_NUMBER = ("r2", "explained_variance", "d2_absolute_error", "pearson", "spearman")


def _scores(
    module: Any, names: Sequence[str], kinds: frozenset[Kind], *, maximize: bool, labels: bool = False
) -> dict[str, Score]:
    """Return the metrics that the functions of a module compute."""
    return {
        name: Score(name=name, maximize=maximize, kinds=kinds, function=getattr(module, name), labels=labels)
        for name in names
    }


SCORES: dict[str, Score] = {
    **_scores(class_scores, ("log_loss", "brier"), _CLASSES, maximize=False),
    **_scores(class_scores, _LARGER_PROBABILITY, _CLASSES, maximize=True),
    **_scores(class_scores, ("top_3_accuracy",), _CLASSES, maximize=True),
    **_scores(class_scores, _LARGER_LABEL, _CLASSES, maximize=True, labels=True),
    **_scores(number_scores, _SMALLER_NUMBER, _NUMBERS, maximize=False),
    **_scores(number_scores, _LARGER_NUMBER, _NUMBERS, maximize=True),
    "pinball": Score(name="pinball", maximize=False, kinds=_NUMBERS, function=number_scores.pinball(0.5)),
    "relative_loss": Score(name="relative_loss", maximize=False, kinds=_CLASSES | _NUMBERS, function=relative_loss),
}
"""The metrics by name; also `pinball_0.9` and others of other quantiles."""
ALIASES = {
    "acc": "accuracy",
    "ap": "average_precision",
    "auc_ovr": "auc",
    "auc_ovr_weighted": "auc_weighted",
    "auprc": "average_precision",
    "auroc": "auc",
    "bacc": "balanced_accuracy",
    "brier_loss": "brier",
    "cohen_kappa": "kappa",
    "cross_entropy": "log_loss",
    "crossentropy": "log_loss",
    "logloss": "log_loss",
    "matthews_corrcoef": "mcc",
    "mean_absolute_error": "mae",
    "mean_absolute_percentage_error": "mape",
    "mean_gamma_deviance": "gamma_deviance",
    "mean_pinball_loss": "pinball",
    "mean_poisson_deviance": "poisson_deviance",
    "mean_squared_error": "mse",
    "mean_squared_log_error": "msle",
    "medae": "median_ae",
    "median_absolute_error": "median_ae",
    "pr_auc": "average_precision",
    "qwk": "quadratic_kappa",
    "r_squared": "r2",
    "roc_auc": "auc",
    "roc_auc_ovo": "auc_ovo",
    "roc_auc_ovr": "auc",
    "roc_auc_ovr_weighted": "auc_weighted",
    "root_mean_squared_error": "rmse",
    "root_mean_squared_log_error": "rmsle",
    "sensitivity": "recall",
}
"""Other names of metrics, as scikit-learn and other libraries have them; also with `neg_` before or `_score` behind."""


def score_named(name: str | None, problems: Sequence[Problem]) -> Score:
    """Return a metric. The default is log loss for classes, RMSE for one target of numbers, else `relative_loss`.

    Args:
        name: Its name or an alias, in any case.
        problems: What is predicted.

    Raises:
        InputError: There is no such metric for these kinds of problem.
    """
    kinds = {problem.kind for problem in problems}
    fitting = [key for key, score in SCORES.items() if kinds <= score.kinds]
    if name is None:
        return SCORES["log_loss" if kinds <= _CLASSES else "rmse" if len(problems) == 1 else "relative_loss"]
    plain = re.sub(r"[^a-z0-9.]+", "_", name.strip().lower())
    short = plain.removeprefix("neg_").removesuffix("_score")
    chosen = next((ALIASES.get(key, key) for key in (plain, short) if ALIASES.get(key, key) in SCORES), plain)
    if kinds <= _NUMBERS and (match := re.fullmatch(r"(?:pinball|quantile)_(0?\.\d+)", chosen)):
        quantile = float(match[1])
        function = number_scores.pinball(quantile)
        return Score(name=f"pinball_{quantile:g}", maximize=False, kinds=_NUMBERS, function=function)
    if chosen not in fitting:
        hint = ", which is for other problems." if chosen in SCORES else f".{nearest(plain, fitting)}"
        raise InputError(
            f"the metric of a {' and '.join(sorted(kinds))} problem must be one of {', '.join(fitting)}, "
            f"got '{name}'{hint}",
            keys=("metric",),
        )
    return SCORES[chosen]
