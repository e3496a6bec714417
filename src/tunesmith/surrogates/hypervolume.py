"""Expected improvement of one metric, and of the hypervolume of a Pareto front."""

from __future__ import annotations

import math
from functools import reduce
from itertools import pairwise

import numpy as np

from ..core.arrays import Floats, Indices
from ..core.pareto import maximin, non_dominated

_MOST_BOXES = 4000  # By an upper bound; there are about a quarter as many.
_MOST_NUMBERS = 1_000_000  # In one array; more candidates are processed in batches.
_FURTHEST = 1e70  # Standard deviations; squares of larger numbers overflow.


def log_expected_hypervolume_improvement(mean: Floats, sd: Floats, front: Floats, reference: Floats) -> Floats:
    """Return the log expected hypervolume improvement of candidates with independent normal metrics.

    The non-dominated region is cut into boxes. The expected gain in a box is the product, over the metrics, of the
    one-dimensional expected improvements between its lower and upper edges (Yang et al. 2019, "Efficient computation
    of expected hypervolume improvement using box decomposition algorithms", section 3). Exact for any number of
    metrics. With more than three metrics and a long front there are too many boxes: the front is then reduced to its
    most isolated members, which overestimates candidates near the others.

    Computed in logarithms (Ament et al. 2023, arXiv 2310.20708), as far from the front the gain itself underflows to 0
    and gives no search direction.

    Args:
        mean: Predicted metrics, signed so that smaller is better, shape `(candidates, metrics)`.
        sd: Their standard deviations, shape `(candidates, metrics)`; above 0.
        front: Shape `(members, metrics)`; may be empty or contain dominated members.
        reference: Shape `(metrics,)`; nothing is gained beyond it. See `pareto.reference_point`.

    Returns:
        Shape `(candidates,)`.

    >>> one = np.ones((1, 2))
    >>> round(float(np.exp(log_expected_hypervolume_improvement(0 * one, 1e-9 * one, one, 2 * one[0]))[0]), 6)
    3.0
    """
    lower, upper = _few_boxes(front, reference)
    tables, edges = [], []
    for metric in range(len(reference)):
        coordinates, indices = np.unique(np.stack([lower[:, metric], upper[:, metric]]), return_inverse=True)
        edges.append(indices.reshape(2, -1))
        below = np.clip((coordinates - mean[:, [metric]]) / sd[:, [metric]], -_FURTHEST, _FURTHEST)
        table = np.log(sd[:, [metric]]) + log_expected_improvement(below)
        tables.append(np.where(np.isneginf(coordinates), -np.inf, table))
    batch = max(1, _MOST_NUMBERS // len(lower))
    parts = [
        _log_sum([table[start : start + batch] for table in tables], edges) for start in range(0, len(mean), batch)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def log_expected_improvement(z: Floats) -> Floats:
    """Return the log expected improvement at unit standard deviation, log(pdf(z) + z * cdf(z)).

    Ament et al. 2023, arXiv 2310.20708, equation 14: three forms, each where the others lose precision.

    Args:
        z: How far the mean is ahead of the incumbent, in standard deviations; any shape.

    Returns:
        The same shape.
    """
    from scipy.special import erfcx, ndtr

    near = np.maximum(z, -1.0)
    middle = np.clip(z, -1e6, -1.0)
    far = np.minimum(z, -1e6)
    log_density = -0.5 * np.log(2 * np.pi)
    rest = np.sqrt(np.pi / 2) * -middle * erfcx(-middle / np.sqrt(2))
    tail = np.where(z > -1e6, np.log1p(-rest), -2 * np.log(-far))
    return np.asarray(
        np.where(
            z > -1.0,
            np.log(np.exp(log_density - 0.5 * near**2) + near * ndtr(near)),
            log_density - 0.5 * np.minimum(z, -1.0) ** 2 + tail,
        )
    )


def _log_sum(tables: list[Floats], edges: list[Indices]) -> Floats:
    """Return the log of the sum over boxes of the product over metrics, shape `(candidates,)`."""

    def gain(table: Floats, indices: Indices) -> Floats:
        low, high = table[:, indices[0]], table[:, indices[1]]
        # A box far below the mean has edges that are equal in floating point: it then counts for nothing.
        with np.errstate(divide="ignore"):
            return np.asarray(high + np.log(-np.expm1(np.minimum(low - high, 0.0))))

    logs = reduce(np.add, map(gain, tables, edges))
    most = np.maximum(logs.max(axis=1), -1e200)
    return np.asarray(most + np.log(np.exp(logs - most[:, None]).sum(axis=1)))


def _few_boxes(front: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Return the boxes of a front, reduced to its most isolated members where there would be too many."""
    front = np.unique(front[non_dominated(front) & (front < reference).all(axis=1)], axis=0)
    cuts = len(reference) - 1
    most = int((_MOST_BOXES * math.factorial(cuts)) ** (1 / cuts))
    if len(front) > most:
        front = front[np.argsort(maximin(front, front), kind="stable")[:most]]
    return _boxes(front, reference)


def _boxes(front: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Return the lower and upper corners, shape `(boxes, metrics)`, of the region that no member dominates.

    The region is cut along the last metric at every member; each slice has one metric less.
    """
    front = front[np.argsort(front[:, -1], kind="stable")]
    cuts = np.concatenate([[-np.inf], front[:, -1], [reference[-1]]])
    if len(reference) == 2:
        upper = np.stack([np.minimum.accumulate(np.append(reference[0], front[:, 0])), cuts[1:]], axis=1)
        lower = np.stack([np.full(len(upper), -np.inf), cuts[:-1]], axis=1)
        some = lower[:, 1] < upper[:, 1]
        return lower[some], upper[some]
    lowers, uppers = [], []
    for index, (low, high) in enumerate(pairwise(cuts)):
        if low < high:
            below = front[:index, :-1]
            lower, upper = _boxes(below[non_dominated(below)], reference[:-1])
            lowers.append(np.insert(lower, lower.shape[1], low, axis=1))
            uppers.append(np.insert(upper, upper.shape[1], high, axis=1))
    return np.concatenate(lowers), np.concatenate(uppers)
