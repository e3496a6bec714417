"""Pareto dominance, maximin losses and hypervolume.

Every metric is signed so that smaller is better. A point dominates another if it is worse in no metric and better in at
least one.
"""

from __future__ import annotations

import numpy as np

from .arrays import Flags, Floats


def non_dominated(values: Floats) -> Flags:
    """Return which points no other point dominates.

    Args:
        values: Shape `(points, metrics)`. A point with a NaN is never on the front and dominates none.

    Returns:
        Shape `(points,)`. Equal points are all marked.

    >>> non_dominated(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 4.0]]))
    array([ True,  True, False])
    """
    on_front = np.zeros(len(values), dtype=bool)
    order = np.lexsort(values.T[::-1])  # Nothing dominates what comes before it in this order.
    order = order[~np.isnan(values[order]).any(axis=1)]
    columns = values[order].T  # Reductions along the long axis are several times as fast.
    while len(order):
        first = columns[:, :1]
        behind = (columns >= first).all(axis=0)
        on_front[order[behind]] = (columns[:, behind] == first).all(axis=0)
        order, columns = order[~behind], columns[:, ~behind]
    return on_front


def maximin(values: Floats, front: Floats) -> Floats:
    """Return the maximin fitness of points: their distance behind a front, or how isolated they are on it.

    Balling 2003, "The maximin fitness function; multi-objective city and regional planning", section 3, over the front
    alone and relative to its range: the maximum over the front's members of the minimum over the metrics of the
    difference. A point that dominates another has the smaller loss. Exactly the points on the front are below 0, the
    more isolated the lower, which favours the ends of a front.

    Args:
        values: Shape `(points, metrics)`, without NaN.
        front: Shape `(members, metrics)`, as from `non_dominated`; at least one member.

    Returns:
        Shape `(points,)`, finite. A point is not compared with equal members; without any other it has -1.
    """
    values, front = _rescaled(values, front)
    scale = _scale(front, values)
    columns, members = np.ascontiguousarray((values / scale).T), front / scale
    losses = np.full(len(values), -np.inf)
    for member in members:
        np.maximum(losses, (columns - member[:, None]).min(axis=0), out=losses)
    for index in np.flatnonzero(losses <= 0):  # The difference to an equal member is 0 and tells nothing.
        gaps = columns[:, index] - members
        losses[index] = gaps.min(axis=1)[gaps.any(axis=1)].max(initial=-np.inf)
    return np.where(np.isinf(losses), -1.0, losses)


def relative_losses(values: Floats) -> Floats:
    """Return the `maximin` losses of points relative to their own front, shape `(points,)`; NaN if a metric is NaN."""
    losses = np.full(len(values), np.nan)
    known = ~np.isnan(values).any(axis=1)
    if known.any():
        losses[known] = maximin(values[known], values[non_dominated(values)])
    return losses


def nearest_to_ideal(front: Floats) -> int:
    """Return the index of the member nearest to the ideal point, relative to the front's range.

    The ideal point has the best of each metric (Zeleny 1973, "Compromise programming"). The first of equally near
    members wins.

    Args:
        front: Shape `(members, metrics)`; at least one member.
    """
    (front,) = _rescaled(front)
    distances = (((front - front.min(axis=0)) / _scale(front, front)) ** 2).sum(axis=1)
    return int(np.argmin(np.round(distances, 12)))


def reference_point(values: Floats) -> Floats:
    """Return the reference point of the hypervolume, shape `(metrics,)`, from observed points.

    It lies a tenth of the front's range beyond the worst of each metric on the front, so that the ends of the front
    have a volume, too (Ishibuchi et al. 2018, "How to specify a reference point in hypervolume calculation for fair
    performance comparison", section 3). If the front has no range in a metric, the range of all points counts, or else
    the magnitude of the value.

    Args:
        values: Shape `(points, metrics)`, at least one of them without NaN.
    """
    front = values[non_dominated(values)]
    largest = np.finfo(float).max
    with np.errstate(over="ignore"):
        reference = front.max(axis=0) + 0.1 * _scale(front, values[~np.isnan(values).any(axis=1)])
        return np.asarray(np.clip(reference, -largest, largest))


def hypervolume(front: Floats, reference: Floats) -> float:
    """Return the exact volume that points dominate up to a reference point.

    A sweep for two metrics; for more, the exclusive volumes of While et al. 2012, "A fast way of calculating exact
    hypervolumes", sections III and IV: sorted by the last metric, each slice has one metric less.

    Args:
        front: Shape `(points, metrics)`; dominated points and points beyond the reference add nothing.
        reference: Shape `(metrics,)`.

    >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([3.0, 3.0]))
    3.0
    """
    sides = reference - front
    return _volume(sides[(sides > 0).all(axis=1)])


def hypervolume_share(front: Floats) -> float:
    """Return the hypervolume as a share of the box between ideal and reference point, in [0, 1]."""
    (front,) = _rescaled(front)
    ideal = front.min(axis=0)
    sides = reference_point(front) - ideal
    return hypervolume((front - ideal) / sides, np.ones(len(sides)))


def _volume(sides: Floats) -> float:
    """Return the volume of the union of boxes that share a corner; sides have shape `(boxes, metrics)`, above 0."""
    if not len(sides):
        return 0.0
    if sides.shape[1] == 1:
        return float(sides.max())
    if sides.shape[1] == 2:
        widths, heights = sides[np.argsort(-sides[:, 0])].T
        return float(widths @ np.diff(np.maximum.accumulate(heights), prepend=0.0))
    sides = sides[non_dominated(-sides)]
    sides = sides[np.argsort(sides[:, -1])]
    return sum(
        float(depth) * (float(base.prod()) - _volume(np.minimum(sides[index + 1 :, :-1], base)))
        for index, (base, depth) in enumerate(zip(sides[:, :-1], sides[:, -1], strict=True))
    )


def _scale(front: Floats, values: Floats) -> Floats:
    """Return the front's range in each metric; if it has none, the range of all values, their magnitude, or 1."""
    scales = (np.ptp(front, axis=0), np.ptp(values, axis=0), np.abs(front[0]))
    return np.select([scale > 0 for scale in scales], scales, 1.0)


def _rescaled(*arrays: Floats) -> list[Floats]:
    """Return arrays with huge metrics divided by their largest value, as differences of huge numbers overflow."""
    largest = np.max([np.abs(array).max(axis=0, initial=0.0) for array in arrays], axis=0)
    return [array / np.where(largest > 1e100, largest, 1.0) for array in arrays]
