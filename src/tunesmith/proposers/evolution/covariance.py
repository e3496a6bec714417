"""The covariance matrix adaptation evolution strategy (CMA-ES), played through trials that anyone may have proposed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cmaes import CMA, SepCMA

Floats = NDArray[np.float64]

_FIRST_STEP = 0.2  # The standard deviation at the start, in units of the range.
_LEAST_STEP = 1e-3  # Where all steps are smaller, it starts anew elsewhere.
_MOST_STEP = 0.5
_MOST_FULL = 40  # Parameters; with more, only the variances adapt (Ros and Hansen 2008).


@dataclass(frozen=True)
class Cloud:
    """The normal density that the next generation is drawn from.

    Args:
        mean: Shape `(parameters,)` in [0, 1].
        root: A root of the covariance, shape `(parameters, parameters)`.
        generations: How many have shaped it.
    """

    mean: Floats
    root: Floats
    generations: int

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Return random points, shape `(count, parameters)`; they may lie outside [0, 1]."""
        return np.asarray(self.mean + rng.standard_normal((count, len(self.mean))) @ self.root.T)


def cloud(points: Floats, ranks: NDArray[np.intp], startup: int, seed: int) -> Cloud:
    """Return what CMA-ES has learnt from trials (Hansen 2016, arXiv 1604.00772).

    The mean starts at that of the best three of the first trials. The trials after them are taken in generation by
    generation, in the order in which they were proposed. Those of others count, too: a step that is longer than the
    strategy itself would take one is shortened to that length (Hansen 2011, "Injecting external solutions into
    CMA-ES", section 3).

    Args:
        points: Shape `(trials, parameters)` in [0, 1].
        ranks: Shape `(trials,)`; smaller is better.
        startup: How many trials come before the first generation.
        seed: For where it starts anew.

    Returns:
        The density.
    """
    dimensions = points.shape[1]
    size = 4 + math.floor(3 * math.log(dimensions))
    whole = startup + (len(points) - startup) // size * size
    # Within a generation nothing is learnt, so the same trials come again and again. Only the order of ranks counts.
    order = np.argsort(np.argsort(ranks[:whole], kind="stable"))
    return _played(points[:whole].tobytes(), order.tobytes(), dimensions, startup, size, seed)


@lru_cache(maxsize=16)
def _played(points_bytes: bytes, order_bytes: bytes, dimensions: int, startup: int, size: int, seed: int) -> Cloud:
    points = np.frombuffer(points_bytes).reshape(-1, dimensions)
    order = np.frombuffer(order_bytes, dtype=np.intp)
    best = np.argsort(order[:startup])[:3]
    strategy = _strategy(points[best].mean(axis=0), size)
    longest = math.sqrt(dimensions) + 2 * dimensions / (dimensions + 2)
    generations = 0
    for first in range(startup, len(points), size):
        axes, lengths = _shape(strategy)
        steps = points[first : first + size] - strategy.mean
        far = np.linalg.norm(steps @ axes / lengths, axis=1) / longest
        told = strategy.mean + steps / np.maximum(far, 1.0)[:, None]
        strategy.tell(list(zip(told, order[first : first + size].tolist(), strict=True)))
        generations += 1
        if _shape(strategy)[1].max() < _LEAST_STEP:
            strategy = _strategy(np.random.default_rng([seed, generations]).random(dimensions), size)
    axes, lengths = _shape(strategy)
    return Cloud(np.clip(strategy.mean, 0.0, 1.0), axes * np.minimum(lengths, _MOST_STEP), generations)


def _strategy(mean: Floats, size: int) -> CMA | SepCMA:
    from cmaes import CMA, SepCMA

    kind = CMA if len(mean) <= _MOST_FULL else SepCMA
    return kind(mean=mean.copy(), sigma=_FIRST_STEP, population_size=size)


def _shape(strategy: CMA | SepCMA) -> tuple[Floats, Floats]:
    """Return the axes of the density, one a column, and the standard deviation along each.

    The library has no public names for these.
    """
    found = strategy._eigen_decomposition()
    axes, lengths = found if isinstance(found, tuple) else (np.eye(strategy.dim), found)
    return axes, strategy._sigma * lengths
