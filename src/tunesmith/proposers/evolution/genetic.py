"""Children of good trials: crossed, and changed in a few places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.parameters import Choice
from ...core.space import SearchSpace
from ...surrogates.units import snap

Floats = NDArray[np.float64]

_CROSSED = 0.5  # The share of the children that have two parents.
_TAIL = 1.5  # Of how many parameters change: 1 most often, k of them k**-1.5 as often.
_LEAST_SPREAD, _MOST_SPREAD = 0.02, 0.3  # Of the unit interval; the second is what evenly spread parents have.


def children(
    space: SearchSpace, parents: Floats, count: int, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.intp]]:
    """Return new points near those of the parents.

    Half of the children take each parameter from one of two parents (uniform crossover, Syswerda 1989). Then a few
    parameters change: an unordered choice to any other option, a number by a normal step whose size is the parents'
    own spread in this parameter, times a random factor. So the steps shrink as the parents draw together, and some of
    them stay long. A parameter that becomes active takes the value of the other parent, or a random one.

    Args:
        space: The space.
        parents: Shape `(parents, parameters)` in [0, 1], NaN where not active.
        count: How many children.
        rng: For all randomness.

    Returns:
        The children, shape `(count, parameters)`, as `History.points`; some may be forbidden, or no different from a
        parent. And the place of each child's first parent, shape `(count,)`.
    """
    mothers, fathers = rng.integers(len(parents), size=(2, count))
    shape = count, parents.shape[1]
    crossed = (rng.random((count, 1)) < _CROSSED) & (rng.random(shape) < 0.5)
    own, other = parents[mothers], parents[fathers]
    genes = np.where(crossed | np.isnan(own), other, own)
    genes = np.where(np.isnan(genes), np.where(np.isnan(own), rng.random(shape), own), genes)
    active = ~np.isnan(snap(space, genes))
    order = np.argsort(np.where(active, rng.random(shape), np.inf), axis=1)
    changed = np.argsort(order, axis=1) < _changes(active.sum(axis=1), rng)[:, None]
    moved = _moved(space, genes, _spread(space, parents), rng)
    return snap(space, np.where(changed, moved, genes)), mothers


def _changes(active: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return how many of its active parameters each child changes, shape `(children,)`."""
    weights = np.arange(1, active.max() + 1) ** -_TAIL
    below = np.cumsum(weights)
    return np.searchsorted(below, rng.random(len(active)) * below[active - 1], side="right") + 1


def _moved(space: SearchSpace, genes: Floats, spread: Floats, rng: np.random.Generator) -> Floats:
    """Return every value changed; shape `(children, parameters)`."""
    sizes = np.array([p.size for p in space.parameters.values()])
    unordered = np.array([isinstance(p, Choice) and not p.ordered for p in space.parameters.values()])
    steps = spread * np.exp(rng.standard_normal((len(genes), 1)))
    moved = reflected(genes + steps * rng.standard_normal(genes.shape))
    options = np.where(unordered, sizes, 1.0)
    others = (np.floor(genes * options) + 1 + np.floor(rng.random(genes.shape) * (options - 1))) % options
    return np.where(unordered, (others + 0.5) / options, moved)


def _spread(space: SearchSpace, parents: Floats) -> Floats:
    """Return the standard deviation of the parents in each parameter, at least a step of it, shape `(parameters,)`."""
    active = np.maximum((~np.isnan(parents)).sum(axis=0), 1)
    mean = np.nansum(parents, axis=0) / active
    deviation = np.sqrt(np.nansum((parents - mean) ** 2, axis=0) / active)
    deviation = np.where(active > 1, deviation, _MOST_SPREAD)
    steps = np.array([1 / p.size for p in space.parameters.values()])
    return np.clip(deviation, np.maximum(_LEAST_SPREAD, np.minimum(steps, _MOST_SPREAD)), _MOST_SPREAD)


def reflected(units: Floats) -> Floats:
    """Return points folded back into [0, 1] at its borders."""
    return np.asarray(1 - np.abs(1 - np.abs(units) % 2))
