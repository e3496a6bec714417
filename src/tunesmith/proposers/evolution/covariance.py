"""CMA-ES, the covariance matrix adaptation evolution strategy, replayed over trials of any proposer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ...core.arrays import Floats, Indices

if TYPE_CHECKING:
    from cmaes import CMA, SepCMA


_FIRST_STEP = 0.2  # The initial standard deviation, as a share of the range.
_LEAST_STEP = 1e-3  # The strategy restarts elsewhere when all steps are smaller.
_MOST_STEP = 0.5
_MOST_FULL = 40  # Parameters; with more, only the variances adapt (Ros and Hansen 2008).


@dataclass(frozen=True)
class Distribution:
    """The normal distribution of the next generation.

    Args:
        mean: Shape `(parameters,)` in [0, 1].
        root: A root of the covariance, shape `(parameters, parameters)`.
        generations: The number of generations so far.
    """

    mean: Floats
    root: Floats
    generations: int

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        """Return random points, shape `(count, parameters)`; they may lie outside [0, 1]."""
        return np.asarray(self.mean + rng.standard_normal((count, len(self.mean))) @ self.root.T)


def fit_distribution(points: Floats, ranks: Indices, startup: int, seed: int) -> Distribution:
    """Return the distribution that CMA-ES has learnt from trials (Hansen 2016, arXiv 1604.00772).

    The initial mean is that of the best three startup trials. Later trials enter generation by generation, in the order
    of proposal. Steps of other proposers' trials are shortened to the longest step that the strategy itself would take
    (Hansen 2011, "Injecting external solutions into CMA-ES", section 3).

    Args:
        points: Shape `(trials, parameters)` in [0, 1].
        ranks: Shape `(trials,)`; smaller is better.
        startup: The number of trials before the first generation.
        seed: The seed of restarts.
    """
    dimensions = points.shape[1]
    size = 4 + math.floor(3 * math.log(dimensions))
    whole = startup + (len(points) - startup) // size * size
    # Within a generation nothing changes, so calls repeat. Only the order of the ranks matters.
    order = np.argsort(np.argsort(ranks[:whole], kind="stable"))
    return _replayed(points[:whole].tobytes(), order.tobytes(), dimensions, startup, size, seed)


@lru_cache(maxsize=16)
def _replayed(
    points_bytes: bytes, order_bytes: bytes, dimensions: int, startup: int, size: int, seed: int
) -> Distribution:
    points = np.frombuffer(points_bytes).reshape(-1, dimensions)
    order = np.frombuffer(order_bytes, dtype=np.intp)
    best = np.argsort(order[:startup])[:3]
    strategy = _strategy(points[best].mean(axis=0), size)
    longest = math.sqrt(dimensions) + 2 * dimensions / (dimensions + 2)
    generations = 0
    for first in range(startup, len(points), size):
        axes, lengths = _axes(strategy)
        steps = points[first : first + size] - strategy.mean
        excess = np.linalg.norm(steps @ axes / lengths, axis=1) / longest
        injected = strategy.mean + steps / np.maximum(excess, 1.0)[:, None]
        strategy.tell(list(zip(injected, order[first : first + size].tolist(), strict=True)))
        generations += 1
        if _axes(strategy)[1].max() < _LEAST_STEP:
            strategy = _strategy(np.random.default_rng([seed, generations]).random(dimensions), size)
    axes, lengths = _axes(strategy)
    return Distribution(np.clip(strategy.mean, 0.0, 1.0), axes * np.minimum(lengths, _MOST_STEP), generations)


def _strategy(mean: Floats, size: int) -> CMA | SepCMA:
    from cmaes import CMA, SepCMA

    kind = CMA if len(mean) <= _MOST_FULL else SepCMA
    return kind(mean=mean.copy(), sigma=_FIRST_STEP, population_size=size)


def _axes(strategy: CMA | SepCMA) -> tuple[Floats, Floats]:
    """Return the principal axes, one per column, and their standard deviations. The library has no public access."""
    decomposition = strategy._eigen_decomposition()
    axes, lengths = decomposition if isinstance(decomposition, tuple) else (np.eye(strategy.dim), decomposition)
    return axes, strategy._sigma * lengths
