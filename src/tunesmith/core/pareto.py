"""Points with several metrics at once: which no other beats, and how much room they leave to improve.

Every metric is signed so that smaller is better. A point dominates another where it is nowhere worse and somewhere
better.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def non_dominated(values: Floats) -> Flags:
    """Return which points no other dominates.

    Args:
        values: Shape `(points, metrics)`. A point with a NaN stands on no front and dominates none.

    Returns:
        Shape `(points,)`. Of equal points all are marked.

    >>> non_dominated(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 4.0]]))
    array([ True,  True, False])
    """
    on_front = np.zeros(len(values), dtype=bool)
    order = np.lexsort(values.T[::-1])  # Nothing dominates what comes before it in this order.
    order = order[~np.isnan(values[order]).any(axis=1)]
    columns = values[order].T  # Sums along the long side are several times as fast.
    while len(order):
        first = columns[:, :1]
        behind = (columns >= first).all(axis=0)
        on_front[order[behind]] = (columns[:, behind] == first).all(axis=0)
        order, columns = order[~behind], columns[:, ~behind]
    return on_front


def maximin(values: Floats, front: Floats) -> Floats:
    """Return one loss a point: how far a front is ahead of it, or, on the front, how close its neighbours are.

    The maximin fitness of Balling 2003, "The maximin fitness function; multi-objective city and regional planning",
    section 3, taken over the front alone, in units of the front's range: the largest, over the front's points, of the
    least, over the metrics, of the difference. A point that dominates another has the smaller loss. What is on the
    front is below 0, and the lower the more alone it stands, which keeps the ends of a front wanted; no other point is.

    Args:
        values: Shape `(points, metrics)`; no NaN.
        front: Shape `(members, metrics)`, as of `non_dominated`; at least one.

    Returns:
        Shape `(points,)`, finite. A point is not compared with its equals; one without others has -1.
    """
    values, front = _moderate(values, front)
    scale = _scale(front, values)
    columns, members = np.ascontiguousarray((values / scale).T), front / scale
    losses = np.full(len(values), -np.inf)
    for member in members:
        np.maximum(losses, (columns - member[:, None]).min(axis=0), out=losses)
    for place in np.flatnonzero(losses <= 0):  # Its equal on the front is behind nothing: that says nothing of it.
        gaps = columns[:, place] - members
        losses[place] = gaps.min(axis=1)[gaps.any(axis=1)].max(initial=-np.inf)
    return np.where(np.isinf(losses), -1.0, losses)


def relative_losses(values: Floats) -> Floats:
    """Return `maximin` of points against the front of all of them, shape `(points,)`; NaN where a metric is NaN."""
    losses = np.full(len(values), np.nan)
    known = ~np.isnan(values).any(axis=1)
    if known.any():
        losses[known] = maximin(values[known], values[non_dominated(values)])
    return losses


def nearest_to_ideal(front: Floats) -> int:
    """Return the place of the member that is nearest to the ideal point, in units of the front's range.

    The ideal point has the best of each metric (Zeleny 1973, "Compromise programming"). The ends of a front of two are
    equally near: the first place wins a tie.

    Args:
        front: Shape `(members, metrics)`; at least one.
    """
    (front,) = _moderate(front)
    distances = (((front - front.min(axis=0)) / _scale(front, front)) ** 2).sum(axis=1)
    return int(np.argmin(np.round(distances, 12)))


def reference_point(values: Floats) -> Floats:
    """Return the point up to which an improvement counts, from what was observed.

    It has the worst of each metric on the front, and a tenth of the front's range beyond, so that the ends of the front
    have a volume, too (Ishibuchi et al. 2018, "How to specify a reference point in hypervolume calculation for fair
    performance comparison", section 3). Where the front has no range, that of all points counts,
    or else the value's own size.

    Args:
        values: Shape `(points, metrics)`, at least one of them without NaN.

    Returns:
        Shape `(metrics,)`.
    """
    front = values[non_dominated(values)]
    with np.errstate(over="ignore"):
        return np.asarray(
            np.clip(
                front.max(axis=0) + 0.1 * _scale(front, values[~np.isnan(values).any(axis=1)]),
                -np.finfo(float).max,
                np.finfo(float).max,
            )
        )


def hypervolume(front: Floats, reference: Floats) -> float:
    """Return the volume that points dominate, up to a reference point.

    Exact: a sweep for two metrics; for more, the exclusive volumes of While et al. 2012, "A fast way of calculating
    exact hypervolumes", sections III and IV: sorted by the last metric, each step has a metric less.

    Args:
        front: Shape `(points, metrics)`; dominated ones, and those beyond the reference, add nothing.
        reference: Shape `(metrics,)`.

    >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([3.0, 3.0]))
    3.0
    """
    sides = reference - front
    return _volume(sides[(sides > 0).all(axis=1)])


def share_dominated(front: Floats) -> float:
    """Return the share that a front dominates of the box between its ideal point and its reference point, in [0, 1]."""
    (front,) = _moderate(front)
    ideal = front.min(axis=0)
    sides = reference_point(front) - ideal
    return hypervolume((front - ideal) / sides, np.ones(len(sides)))


def _volume(sides: Floats) -> float:
    """Return the volume of a union of boxes that share a corner; shape `(boxes, metrics)`, positive."""
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
        float(depth) * (float(own.prod()) - _volume(np.minimum(sides[place + 1 :, :-1], own)))
        for place, (own, depth) in enumerate(zip(sides[:, :-1], sides[:, -1], strict=True))
    )


def _scale(front: Floats, values: Floats) -> Floats:
    """Return the front's range in each metric; where it has none, that of all values, their size, or 1."""
    scales = (np.ptp(front, axis=0), np.ptp(values, axis=0), np.abs(front[0]))
    return np.select([scale > 0 for scale in scales], scales, 1.0)


def _moderate(*arrays: Floats) -> list[Floats]:
    """Return arrays of one shape of metrics, divided by the largest numbers in them, whose differences overflow."""
    largest = np.max([np.abs(array).max(axis=0, initial=0.0) for array in arrays], axis=0)
    return [array / np.where(largest > 1e100, largest, 1.0) for array in arrays]
