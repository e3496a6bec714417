"""How well the data of a metric suits an objective, told from its name and from the lines that showed it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

from ..core.catboost_log import BEST_VALUE, best_is_larger, is_learned, is_validated
from ..core.metric_words import (
    QUALIFIERS,
    is_beside_quality,
    is_maximized,
    is_metric,
    is_of_cross_validation,
    is_of_test_data,
    is_of_training_data,
    is_of_validation_data,
    is_residual,
    names_validation_alone,
)
from ..in_script.metric_names import WantedNames, metric_words
from ..tasks.command.baselines import is_about_baseline, names_baseline
from ..tasks.command.metrics_file import is_text
from .metrics import is_loss
from .tryout import SeenMetric

_PROGRESS_BAR = re.compile(r"\d%\||\bit/s\b|\bs/it\b")
_OF_BATCHES = re.compile(
    r"\b(?:iter|iteration|batch)s?\b\W{0,3}\d+ ?/ ?\d+|\bepoch\W{1,3}\d+\W{1,4}\d+ ?/ ?\d+", re.IGNORECASE
)
"""In a line about some batches of a training: `Epoch[3] Iteration[20/80]`, `Epoch: 3 [640/2560]`."""
_OVERLAPS = {"dice", "iou", "miou", "jaccard"}
"""Of a segmentation, these tell more than the share of the right pixels."""
_ONE_SIDED = {"precision", "prec", "recall", "sensitivity", "specificity", "homogeneity", "completeness"}
"""A model can have much of one of these by giving up another, so that one alone is no aim."""
_OF_EVALUATION = {
    "map", "ap", "map50", "ap50", "ndcg", "mrr", "hits", "bleu", "rouge", "wer", "cer", "fid", "kid", "fvd", "lpips",
    "miou",
}  # fmt: skip
"""Measures of detection, retrieval, translation, speech and generation, which no training computes of its batches."""
_OF_SETTINGS = {"param", "params", "config", "hparams", "args", "settings"}
"""Words of names in the dump of a model, as `reg_loss_param.scale_pos_weight`."""
_ERRORS_ABOVE_0 = {
    "mae", "mse", "rmse", "mape", "smape", "wape", "msle", "rmsle", "medae", "brier", "logloss", "absolute", "squared",
}  # fmt: skip
_PLAIN_LOSSES = {"loss", "nll", "xent", "divergence", "kl", "elbo", "objective", "deviance"}
"""What a training minimizes; other errors, as `mae`, are measured beside it, and rather of other data."""
_TERMS = {"kl", "kld", "divergence"}
_MOST_PERCENT = 100
_OF_CATBOOST = (BEST_VALUE, "best")
"""CatBoost's names for the value of the model that it keeps, the most exact one first."""


_OF_FOLD = re.compile(r"\bfold\W{0,3}\d", re.IGNORECASE)
_OF_GROUP = re.compile(
    r"\b(?:fold|store|item|series|site|station|region|group|subject|patient|sensor|machine|asset|product|sku|cluster|seed"
    r"|run|repeat|split|origin|cutoff)\W{0,3}[A-Za-z]{0,3}\d",
    re.IGNORECASE,
)
"""In a line about one of several parts, as `store S05: MAE 21.2`."""
_TOTALS = {"full", "overall", "total", "all", "mean", "avg", "average", "pooled"}
"""Words before a measure of all folds together, where the script also shows that of each fold."""


class Suitability(IntEnum):
    """How well the data of a metric suits an objective, the least first.

    If nothing is said of the data, a score comes before a loss, which is likelier that of the training.
    """

    BASELINE = -1
    TRAINING = 0
    TEST = 1
    LOSS = 2
    ERROR = 3
    METHOD = 4
    CATBOOST = 5
    SCORE = 6
    VALIDATION_BY_LINE = 7
    VALIDATION_BY_NAME = 8
    ALL_FOLDS = 9


def ranked(metrics: Sequence[SeenMetric], preferred: Sequence[str] = ()) -> list[SeenMetric]:
    """Return what may be an objective, the likeliest first: of validation data before others, test data at the end.

    Args:
        metrics: What a script showed.
        preferred: Names that are likely for another reason, the likeliest first.
    """
    likely = [metric for metric in metrics if _is_likely(metric)] or [each for each in metrics if not _is_count(each)]
    wanted = WantedNames(tuple(preferred))
    order = {name: index for index, name in enumerate(preferred)}
    latest: dict[tuple[str, ...] | str, SeenMetric] = {}
    for metric in likely:
        latest.setdefault(metric.name, metric)

    def rank(metric: SeenMetric) -> tuple[int, bool, bool, bool, bool, int, bool, bool, int, int, int]:
        known = wanted.find(metric.name)
        is_overlap = not _OVERLAPS.isdisjoint(metric_words(metric.name))
        return (
            -suitability(metric, metrics),
            _is_of_one_group(metric, metrics),
            is_beside_quality(metric.name),
            not is_metric(metric.name),
            _is_one_sided(metric.name),
            _of_training_alone(metric.name),
            _is_part_of_loss(metric.name),
            not is_overlap,
            order.get(known, len(order)) if known else len(order),
            _OF_CATBOOST.index(metric.name) if metric.name in _OF_CATBOOST else len(_OF_CATBOOST),
            -min(metric.count, 2),
        )

    return sorted(latest.values(), key=rank)


def suitability(metric: SeenMetric, metrics: Sequence[SeenMetric]) -> Suitability:
    """Return how well the data of a metric suits an objective.

    What is printed of some batches is of the training.

    Args:
        metric: The metric.
        metrics: All that a script showed.
    """
    if is_of_catboost(metric):
        return Suitability.CATBOOST
    if names_baseline(metric.name) or (_is_of_line(metric) and is_about_baseline(_text_before(metric))):
        return Suitability.BASELINE
    if metric_words(metric.name) == ("epoch", "loss"):  # GluonTS prints it as an "Evaluation metric".
        return Suitability.TRAINING
    if _sums_up_folds(metric, metrics):
        return Suitability.ALL_FOLDS
    label = _label_of_line(metric, metrics)
    for text in (metric.name, label, _before(metric, metrics), metric.heading):
        if is_of_cross_validation(text) and not is_of_training_data(metric.name):
            return Suitability.ALL_FOLDS
        if is_of_validation_data(text):
            is_by_name = text in (metric.name, label) and (is_metric(text) or names_validation_alone(text))
            return Suitability.VALIDATION_BY_NAME if is_by_name else Suitability.VALIDATION_BY_LINE
        if is_of_test_data(text):
            return Suitability.TEST
        if is_of_training_data(text):
            return Suitability.TRAINING
    if metric.is_of_column:
        return Suitability.METHOD
    if _is_residual(metric, metrics):
        return Suitability.TRAINING
    is_of_batches = _OF_BATCHES.search(metric.sample) or {*metric_words(metric.name)} & {"batch", "minibatch"}
    if is_of_batches or is_learned(metric.name, metric.sample):
        return Suitability.TRAINING
    words = {*metric_words(metric.name)}
    if words & _OF_EVALUATION:
        return Suitability.VALIDATION_BY_NAME
    if not is_loss(metric.name):
        return Suitability.SCORE
    if _PROGRESS_BAR.search(metric.sample):
        return Suitability.TRAINING
    if not words & _PLAIN_LOSSES:
        return Suitability.ERROR
    return Suitability.TRAINING if any(_is_tested(other, metrics) for other in metrics) else Suitability.LOSS


def is_of_catboost(metric: SeenMetric) -> bool:
    """Tell whether a metric is CatBoost's own, of the data that it validates on."""
    return metric.source == "printed" and is_validated(metric.name, metric.sample)


def is_larger_better(metric: SeenMetric, metrics: Sequence[SeenMetric]) -> bool:
    """Tell whether a metric is maximized.

    A value of validation data without a name is a score if the loss is shown beside it. CatBoost's log does not name
    its metric, but it shows the best value. An error below 0 is one of scikit-learn's negative scores.

    Args:
        metric: The metric.
        metrics: All that a script showed.
    """
    if is_of_catboost(metric):
        return _grows(metrics)
    if metric.value < 0 and _is_never_negative(metric.measures or metric.name):
        return True
    is_score = names_validation_alone(metric.name) and any(is_loss(other.name) for other in metrics)
    return is_score or is_maximized(metric.measures or metric.name)


def _is_never_negative(name: str) -> bool:
    words = {*metric_words(name)}
    return bool(words & _ERRORS_ABOVE_0) or words >= {"log", "loss"}


def _is_likely(metric: SeenMetric) -> bool:
    if names_validation_alone(metric.name) and _is_count(metric) and metric.value > _MOST_PERCENT:
        return False  # Of rows, as in `train: 1500, valid: 400`.
    if not _OF_SETTINGS.isdisjoint(metric_words(metric.name)):
        return False
    return is_metric(metric.name) or _is_validated(metric.name) or is_of_catboost(metric) or _is_of_method(metric)


def _is_tested(metric: SeenMetric, metrics: Sequence[SeenMetric]) -> bool:
    """Tell whether a metric is of test data; a loss of unknown data beside it is likelier that of the training."""
    texts = (metric.name, _before(metric, metrics), metric.heading)
    return is_metric(metric.name) and any(map(is_of_test_data, texts))


def _is_count(metric: SeenMetric) -> bool:
    return metric.value.is_integer()


def _of_training_alone(name: str) -> int:
    """Return 1 for what a training minimizes, as a measure beside it says more of a model, and 2 for a term of it."""
    return 2 if _TERMS & {*metric_words(name)} else int(is_loss(name))


def _is_part_of_loss(name: str) -> bool:
    """Tell whether a name is that of one term of a loss, as `val/box_loss`."""
    words = {*metric_words(name)}
    return "loss" in words and not is_metric(" ".join(words - {"loss"})) and bool(words - QUALIFIERS - {"loss"})


def _is_one_sided(name: str) -> bool:
    """Tell whether a measure leaves half of the matter out; recall at a rank and average precision do not."""
    words = {*metric_words(name)}
    return bool(words & _ONE_SIDED) and not words & {"avg", "average", "mean"} and "@" not in name


def _is_of_one_group(metric: SeenMetric, metrics: Sequence[SeenMetric]) -> bool:
    """Tell whether the last value of a metric is that of one of several parts, as stores or repetitions.

    So it is where their mean is shown, too, and nothing counts them.
    """
    if not _is_of_line(metric) or metric.count < 2:
        return False
    words = metric_words(metric.name)
    means = (tuple(word for word in metric_words(other.name) if word not in _TOTALS) for other in metrics)
    is_averaged = metric.counted_by == "count" and _TOTALS.isdisjoint(words) and list(means).count(words) > 1
    return is_averaged or _OF_GROUP.search(metric.sample) is not None


def _is_of_method(metric: SeenMetric) -> bool:
    return metric.is_of_column and not names_baseline(metric.name)


def _sums_up_folds(metric: SeenMetric, metrics: Sequence[SeenMetric]) -> bool:
    """Tell whether a metric is that of all folds, as in `Full AUC score 0.716` after `Fold 5 AUC : 0.705`."""
    if not _is_of_line(metric) or _OF_FOLD.search(metric.sample):
        return False
    before = metric_words(f"{_text_before(metric)} {metric.name}")
    if _TOTALS.isdisjoint(before) or any(is_of_training_data(word) or is_of_test_data(word) for word in before):
        return False
    return any(_is_of_line(other) and _OF_FOLD.search(other.sample) for other in metrics)


def _is_residual(metric: SeenMetric, metrics: Sequence[SeenMetric]) -> bool:
    """Tell whether a metric is a residual; `ic` is that of initial conditions where others are shown beside it."""
    is_initial = not {"ic", "ics"}.isdisjoint(metric_words(metric.name))
    return is_residual(metric.name) or (is_initial and any(is_residual(other.name) for other in metrics))


def _is_validated(name: str) -> bool:
    """Tell whether a name says that a value is of validation data, whatever it measures but time and size."""
    return is_of_validation_data(name) and not is_beside_quality(name)


def _grows(metrics: Sequence[SeenMetric]) -> bool:
    """Tell whether the best value in CatBoost's log grows."""
    shown = [metric for metric in metrics if is_of_catboost(metric)]
    for metric in shown:
        if (is_larger := best_is_larger(metric.sample)) is not None:
            return is_larger
    return any(metric.first is not None and metric.value > metric.first for metric in shown)


def _is_of_line(metric: SeenMetric) -> bool:
    """Tell whether a metric stands in a line of output, or of a text that the script wrote."""
    return metric.source == "printed" or (metric.file is not None and is_text(metric.file.name))


def _text_before(metric: SeenMetric) -> str:
    """Return what stands before a metric in its line."""
    place = metric.sample.lower().find(metric.name.lower())
    return metric.sample[:place] if place > 0 else ""


def _label_of_line(metric: SeenMetric, metrics: Sequence[SeenMetric]) -> str:
    """Return the first name of a line if it alone tells the data of all, as in `CV precision=0.7 recall=0.4 f1=0.5`.

    Losses are left out, and so is what the first name measures, since these may be of other data.
    """
    if not _is_of_line(metric) or _tells_data(metric.name) or is_loss(metric.name):
        return ""
    line = [other for other in metrics if _is_of_line(other) and other.sample == metric.sample]
    first = min(line, key=lambda other: len(_text_before(other)), default=metric)
    is_alone = [other for other in line if _tells_data(other.name)] == [first]
    words = metric_words(metric.name)
    return first.name if is_alone and metric_words(first.name)[-len(words) :] != words else ""


def _tells_data(name: str) -> bool:
    tells = (is_of_cross_validation, is_of_validation_data, is_of_test_data, is_of_training_data)
    return any(tell(name) for tell in tells)


def _before(metric: SeenMetric, metrics: Sequence[SeenMetric]) -> str:
    """Return the word of a printed line that tells the data of a metric without such a word, as in `Test set: loss`.

    Where another name in the line says itself that it is of validation data, a metric that does not is of other data.
    """
    if not _is_of_line(metric):
        return ""
    before = re.findall(r"[A-Za-z]+", _text_before(metric))
    about = [
        word for word in before if is_of_validation_data(word) or is_of_test_data(word) or is_of_training_data(word)
    ]
    if about and is_of_validation_data(about[-1]):
        beside = [other.name for other in metrics if _is_of_line(other) and other.sample == metric.sample]
        return "" if any(is_of_validation_data(name) for name in beside) else about[-1]
    return about[-1] if about else ""
