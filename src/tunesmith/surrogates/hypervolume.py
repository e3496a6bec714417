"""Expected hypervolume improvement: by how much a point is expected to push a Pareto front."""

from __future__ import annotations

import math
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..core.pareto import Floats, maximin, non_dominated

_MOST_BOXES = 4000  # By a bound; there are about a quarter as many.
_MOST_NUMBERS = 1_000_000  # In one array; more candidates are taken in turns.
_FURTHEST = 1e70  # Standard deviations; beyond, squares overflow.

Places = NDArray[np.intp]


def log_expected_improvement(mean: Floats, sd: Floats, front: Floats, reference: Floats) -> Floats:
    """Return the logarithm of the expected gain in hypervolume at candidates with independent normal metrics.

    The region that no member dominates is cut into boxes. A candidate is expected to take of each the product, over the
    metrics, of what one-dimensional expected improvement gains from the box's lower edge to its upper one (Yang et al.
    2019, "Efficient computation of expected hypervolume improvement using box decomposition algorithms", section 3).
    Exact for any number of metrics. Boxes are many with more than three metrics and a long front: the front is then
    thinned out to the members that stand most alone, which overrates candidates near those that are left out.

    Logarithms throughout (Ament et al. 2023, arXiv 2310.20708): far from the front the gain itself is 0 in floating
    point, and gives no direction to search in.

    Args:
        mean: Predicted metrics, signed so that smaller is better, shape `(candidates, metrics)`.
        sd: Their standard deviations, shape `(candidates, metrics)`; above 0.
        front: Shape `(members, metrics)`; none, or some that are dominated, may be there.
        reference: Shape `(metrics,)`: nothing is gained beyond it. See `pareto.reference_point`.

    Returns:
        Shape `(candidates,)`.

    >>> one = np.ones((1, 2))
    >>> round(float(np.exp(log_expected_improvement(0 * one, 1e-9 * one, one, 2 * one[0]))[0]), 6)
    3.0
    """
    lower, upper = _few_boxes(front, reference)
    tables, edges = [], []
    for metric in range(len(reference)):
        coordinates, places = np.unique(np.stack([lower[:, metric], upper[:, metric]]), return_inverse=True)
        edges.append(places.reshape(2, -1))
        below = np.clip((coordinates - mean[:, [metric]]) / sd[:, [metric]], -_FURTHEST, _FURTHEST)
        table = np.log(sd[:, [metric]]) + log_improvement(below)
        tables.append(np.where(np.isneginf(coordinates), -np.inf, table))
    at_once = max(1, _MOST_NUMBERS // len(lower))
    parts = [
        _log_sum([table[start : start + at_once] for table in tables], edges) for start in range(0, len(mean), at_once)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def log_improvement(units: Floats) -> Floats:
    """Return log(density(z) + z * distribution(z)) of the standard normal: the log expected improvement at sd 1.

    Ament et al. 2023, arXiv 2310.20708, equation 14: three forms, each where the others lose their digits.

    Args:
        units: By how many standard deviations the mean is ahead of what has to be beaten; any shape.

    Returns:
        The same shape.
    """
    from scipy.special import erfcx, ndtr

    near = np.maximum(units, -1.0)
    middle = np.clip(units, -1e6, -1.0)
    far = np.minimum(units, -1e6)
    density = -0.5 * np.log(2 * np.pi)
    rest = np.sqrt(np.pi / 2) * -middle * erfcx(-middle / np.sqrt(2))
    tail = np.where(units > -1e6, np.log1p(-rest), -2 * np.log(-far))
    return np.asarray(
        np.where(
            units > -1.0,
            np.log(np.exp(density - 0.5 * near**2) + near * ndtr(near)),
            density - 0.5 * np.minimum(units, -1.0) ** 2 + tail,
        )
    )


def _log_sum(tables: list[Floats], edges: list[Places]) -> Floats:
    """Return the log of the sum over boxes of the product over metrics, shape `(candidates,)`."""

    def gained(table: Floats, places: Places) -> Floats:
        low, high = table[:, places[0]], table[:, places[1]]
        # A box far below the mean has edges that cannot be told apart: it then counts for nothing.
        with np.errstate(divide="ignore"):
            return np.asarray(high + np.log(-np.expm1(np.minimum(low - high, 0.0))))

    logs = reduce(np.add, map(gained, tables, edges))
    most = np.maximum(logs.max(axis=1), -1e200)
    return np.asarray(most + np.log(np.exp(logs - most[:, None]).sum(axis=1)))


def _few_boxes(front: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Return the boxes of a front; where they would be too many, of the members that stand most alone."""
    front = np.unique(front[non_dominated(front) & (front < reference).all(axis=1)], axis=0)
    cuts = len(reference) - 1
    most = int((_MOST_BOXES * math.factorial(cuts)) ** (1 / cuts))
    if len(front) > most:
        front = front[np.argsort(maximin(front, front), kind="stable")[:most]]
    return _boxes(front, reference)


def _boxes(front: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Return the lower and upper corners, shape `(boxes, metrics)`, of the region that no member dominates.

    It is cut along the last metric, at every member; what a slice holds has one metric less.
    """
    front = front[np.argsort(front[:, -1], kind="stable")]
    cuts = np.concatenate([[-np.inf], front[:, -1], [reference[-1]]])
    if len(reference) == 2:
        upper = np.stack([np.minimum.accumulate(np.append(reference[0], front[:, 0])), cuts[1:]], axis=1)
        lower = np.stack([np.full(len(upper), -np.inf), cuts[:-1]], axis=1)
        some = lower[:, 1] < upper[:, 1]
        return lower[some], upper[some]
    lowers, uppers = [], []
    for place, (low, high) in enumerate(pairwise(cuts)):
        if low < high:
            below = front[:place, :-1]
            lower, upper = _boxes(below[non_dominated(below)], reference[:-1])
            lowers.append(np.insert(lower, lower.shape[1], low, axis=1))
            uppers.append(np.insert(upper, upper.shape[1], high, axis=1))
    return np.concatenate(lowers), np.concatenate(uppers)
