"""Crossover and mutation of encoded configurations."""

from __future__ import annotations

import numpy as np

from ...core.arrays import Floats, Indices
from ...core.space import SearchSpace
from ...surrogates.encoding import snap

_CROSSOVER_RATE = 0.5  # The share of children with two parents.
_TAIL = 1.5  # A child mutates in k parameters k**-1.5 times as often as in one.
_LEAST_SPREAD, _MOST_SPREAD = 0.02, 0.3  # Of the unit interval; the second is that of uniform parents.


def offspring(space: SearchSpace, parents: Floats, count: int, rng: np.random.Generator) -> tuple[Floats, Indices]:
    """Return children of the parents.

    Half of the children take each parameter from one of two parents (uniform crossover, Syswerda 1989). Then a few
    parameters mutate: an unordered choice to any other option, a number by a normal step of the parents' spread in that
    parameter times a random factor. So steps shrink as the parents converge, and some remain long. A parameter that
    becomes active takes the value of the other parent, or a random one.

    Args:
        space: The search space.
        parents: Shape `(parents, parameters)` in [0, 1], NaN where inactive.
        count: The number of children.
        rng: The random generator.

    Returns:
        The children, shape `(count, parameters)`, encoded as `History.points` (some may be forbidden, or equal to a
        parent), and the index of each child's first parent, shape `(count,)`.
    """
    mothers, fathers = rng.integers(len(parents), size=(2, count))
    shape = count, parents.shape[1]
    crossed = (rng.random((count, 1)) < _CROSSOVER_RATE) & (rng.random(shape) < 0.5)
    first, second = parents[mothers], parents[fathers]
    genes = np.where(crossed | np.isnan(first), second, first)
    genes = np.where(np.isnan(genes), np.where(np.isnan(first), rng.random(shape), first), genes)
    active = ~np.isnan(snap(space, genes))
    order = np.argsort(np.where(active, rng.random(shape), np.inf), axis=1)
    mutates = np.argsort(order, axis=1) < _mutations(active.sum(axis=1), rng)[:, None]
    mutated = _mutated(space, genes, _spread(space, parents), rng)
    return snap(space, np.where(mutates, mutated, genes)), mothers


def _mutations(active: Indices, rng: np.random.Generator) -> Indices:
    """Return the number of mutated parameters of each child, shape `(children,)`."""
    weights = np.arange(1, active.max() + 1) ** -_TAIL
    cumulative = np.cumsum(weights)
    return np.searchsorted(cumulative, rng.random(len(active)) * cumulative[active - 1], side="right") + 1


def _mutated(space: SearchSpace, genes: Floats, spread: Floats, rng: np.random.Generator) -> Floats:
    """Return a mutation of every value, shape `(children, parameters)`."""
    steps = spread * np.exp(rng.standard_normal((len(genes), 1)))
    moved = reflected(genes + steps * rng.standard_normal(genes.shape))
    options = np.where(space.unordered, space.sizes, 1.0)
    others = (np.floor(genes * options) + 1 + np.floor(rng.random(genes.shape) * (options - 1))) % options
    return np.where(space.unordered, (others + 0.5) / options, moved)


def _spread(space: SearchSpace, parents: Floats) -> Floats:
    """Return the parents' standard deviation in each parameter, at least one level; shape `(parameters,)`."""
    active = np.maximum((~np.isnan(parents)).sum(axis=0), 1)
    mean = np.nansum(parents, axis=0) / active
    deviation = np.sqrt(np.nansum((parents - mean) ** 2, axis=0) / active)
    deviation = np.where(active > 1, deviation, _MOST_SPREAD)
    return np.clip(deviation, np.maximum(_LEAST_SPREAD, np.minimum(1 / space.sizes, _MOST_SPREAD)), _MOST_SPREAD)


def reflected(encoded: Floats) -> Floats:
    """Return points reflected into [0, 1] at its borders."""
    return np.asarray(1 - np.abs(1 - np.abs(encoded) % 2))
