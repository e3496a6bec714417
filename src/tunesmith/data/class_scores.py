"""Metrics of predicted classes, fast enough to be computed thousands of times on 100,000 rows.

Each takes the target as class indices, shape `(rows,)`; probabilities, shape `(rows, classes)`; and weights, shape
`(rows,)`, or None. The values are those of scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from ..core.arrays import Floats

Weight = Floats | None
_LEAST_PROBABILITY = 1e-15


def log_loss(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the mean of −log of the probability of the true class."""
    rows = np.arange(len(target))
    true = probabilities[rows, target.astype(np.intp)] / probabilities.sum(axis=1)
    return _mean(-np.log(np.clip(true, _LEAST_PROBABILITY, 1)), weight)


def brier(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the mean squared error of the probabilities: of the positive class of two, else summed over classes."""
    scaled = probabilities / probabilities.sum(axis=1, keepdims=True)
    if scaled.shape[1] == 2:
        return _mean((scaled[:, 1] - target) ** 2, weight)
    true = scaled[np.arange(len(target)), target.astype(np.intp)]
    return _mean((scaled**2).sum(axis=1) - 2 * true + 1, weight)


def auc(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the area under the ROC curve; of more than two classes the mean over each against the rest."""
    return _over_classes(_area, target, probabilities, weight, by_share=False)


def auc_weighted(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return `auc`, with each class weighted by its share."""
    return _over_classes(_area, target, probabilities, weight, by_share=True)


def auc_ovo(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the mean area under the ROC curve over pairs of classes (Hand and Till 2001)."""
    areas = []
    for first, second in combinations(np.unique(target).astype(int).tolist(), 2):
        rows = (target == first) | (target == second)
        part = None if weight is None else weight[rows]
        areas += [_area(target[rows] == one, probabilities[rows, one], part) for one in (first, second)]
    return float(np.mean(areas)) if areas else 0.5


def average_precision(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the area under the precision-recall curve; of more than two classes the mean over each."""
    return _over_classes(_precision_area, target, probabilities, weight, by_share=False)


def accuracy(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the share of rows whose most probable class is the true one."""
    return _mean((probabilities.argmax(axis=1) == target).astype(np.float64), weight)


def top_3_accuracy(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the share of rows whose true class is among the three most probable ones."""
    true = probabilities[np.arange(len(target)), target.astype(np.intp)]
    return _mean(((probabilities > true[:, None]).sum(axis=1) < 3).astype(np.float64), weight)


def balanced_accuracy(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the mean recall of the classes that occur."""
    counts = _confusion(target, probabilities, weight)
    occurring = counts.sum(axis=1) > 0
    return float((counts.diagonal()[occurring] / counts.sum(axis=1)[occurring]).mean())


def f1(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the F1 score of the positive class of two, else the mean over classes."""
    return _of_positive(_f1s, target, probabilities, weight)


def f1_macro(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the mean F1 score of the classes."""
    return _macro(_f1s, _confusion(target, probabilities, weight))


def f1_weighted(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the mean F1 score of the classes, weighted by their shares."""
    counts = _confusion(target, probabilities, weight)
    return float(np.average(_f1s(counts), weights=counts.sum(axis=1)))


def precision(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the precision of the positive class of two, else the mean over classes."""
    return _of_positive(_precisions, target, probabilities, weight)


def precision_macro(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the mean precision of the classes."""
    return _macro(_precisions, _confusion(target, probabilities, weight))


def precision_weighted(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the mean precision of the classes, weighted by their shares."""
    counts = _confusion(target, probabilities, weight)
    return float(np.average(_precisions(counts), weights=counts.sum(axis=1)))


def recall(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the recall of the positive class of two, else the mean over classes."""
    return _of_positive(_recalls, target, probabilities, weight)


def recall_macro(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the mean recall of the classes."""
    return _macro(_recalls, _confusion(target, probabilities, weight))


def mcc(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the correlation of Matthews, for any number of classes (Gorodkin 2004)."""
    counts = _confusion(target, probabilities, weight)
    total, true, said = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    spread = np.sqrt(total**2 - true @ true) * np.sqrt(total**2 - said @ said)
    return float((counts.trace() * total - true @ said) / spread) if spread > 0 else 0.0


def kappa(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the kappa of Cohen: the agreement beyond chance."""
    return _kappa(_confusion(target, probabilities, weight), power=0)


def quadratic_kappa(target: Floats, probabilities: Floats, weight: Weight) -> float:
    """Return the kappa of Cohen where a class is the worse, the farther from the true one, for ordered classes."""
    return _kappa(_confusion(target, probabilities, weight), power=2)


def _mean(values: Floats, weight: Weight) -> float:
    return float(values.mean() if weight is None else np.average(values, weights=weight))


def _over_classes(
    score: Callable[[np.ndarray, Floats, Weight], float],
    target: Floats,
    probabilities: Floats,
    weight: Weight,
    *,
    by_share: bool,
) -> float:
    """Return a score of the positive class of two, else its mean over the classes that occur."""
    if probabilities.shape[1] == 2:
        return score(target == 1, probabilities[:, 1], weight)
    classes = np.unique(target).astype(int)
    scores = [score(target == index, probabilities[:, index], weight) for index in classes]
    shares = [_mean((target == index).astype(np.float64), weight) for index in classes] if by_share else None
    return float(np.average(scores, weights=shares))


def _area(positive: np.ndarray, scores: Floats, weight: Weight) -> float:
    """Return the area under the ROC curve: the share of pairs in the right order; one half if there are no pairs."""
    above, below = scores[positive], scores[~positive]
    if not len(above) or not len(below):
        return 0.5
    if weight is None:
        above, below = np.sort(above), np.sort(below)
        pairs = np.searchsorted(below, above, "left").sum() + np.searchsorted(below, above, "right").sum()
        return float(pairs / (2 * len(above) * len(below)))
    order = np.argsort(below)
    below, own = below[order], weight[positive]
    sums = np.concatenate([[0.0], np.cumsum(weight[~positive][order])])
    beaten = sums[np.searchsorted(below, above, "left")] + sums[np.searchsorted(below, above, "right")]
    return float(own @ beaten / (2 * own.sum() * sums[-1]))


def _precision_area(positive: np.ndarray, scores: Floats, weight: Weight) -> float:
    """Return the average precision: precision where recall grows; 0 without positive rows."""
    order = np.argsort(-scores)
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # Of rows of the same score.
    weights = np.ones(len(scores)) if weight is None else weight[order]
    hits = np.cumsum(weights * positive[order])[ends]
    if not len(hits) or hits[-1] <= 0:
        return 0.0
    said = np.cumsum(weights)[ends]
    precision = np.divide(hits, said, out=np.zeros_like(hits), where=said > 0)
    return float(np.diff(hits, prepend=0.0) @ precision / hits[-1])


def _confusion(target: Floats, probabilities: Floats, weight: Weight) -> Floats:
    """Return the weight of the rows by true class and most probable class; shape `(classes, classes)`."""
    classes = probabilities.shape[1]
    cells = target.astype(np.intp) * classes + probabilities.argmax(axis=1)
    counts = np.bincount(cells, weights=weight, minlength=classes * classes)
    return np.asarray(counts, dtype=np.float64).reshape(classes, classes)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return quotients, 0 where both are."""
    return np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator > 0)


def _f1s(counts: Floats) -> Floats:
    return _ratio(2 * counts.diagonal(), counts.sum(axis=0) + counts.sum(axis=1))


def _precisions(counts: Floats) -> Floats:
    return _ratio(counts.diagonal(), counts.sum(axis=0))


def _recalls(counts: Floats) -> Floats:
    return _ratio(counts.diagonal(), counts.sum(axis=1))


def _macro(score: Callable[[Floats], Floats], counts: Floats) -> float:
    """Return the mean over the classes that occur or are predicted."""
    return float(score(counts)[counts.sum(axis=0) + counts.sum(axis=1) > 0].mean())


def _of_positive(score: Callable[[Floats], Floats], target: Floats, probabilities: Floats, weight: Weight) -> float:
    counts = _confusion(target, probabilities, weight)
    return float(score(counts)[1]) if len(counts) == 2 else _macro(score, counts)


def _kappa(counts: Floats, *, power: int) -> float:
    """Return one minus the disagreement over that by chance, weighted by a power of the distance of classes."""
    index = np.arange(len(counts))
    distance = np.abs(index[:, None] - index) ** power if power else 1.0 - np.eye(len(counts))
    chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    expected = (distance * chance).sum()
    return float(1 - (distance * counts).sum() / expected) if expected > 0 else 0.0
