"""A search problem: a space, the loss at each of its points, and two reference losses."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunesmith.core.space import SearchSpace

Parameters = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class BenchProblem:
    """A search problem with a deterministic loss.

    Args:
        name: A unique name, such as `lcbench_3945`.
        group: `lcbench`, `glmnet`, `taskset`, `grids`, `oboe`, `nas` or `sklearn`.
        space: The search space.
        default: Trial 0 of every contender: the default of the table or the library, or else the middle.
        evaluate: The loss, which is minimised.
        seconds: The duration of the trial, for simulated time.
        best: The lowest known loss.
        median: The median loss of random search.
        steps: The number of steps (epochs) of a complete training; 0 without a curve.
        curve: The loss after each step, the last equal to `evaluate`; None without a curve.
    """

    name: str
    group: str
    space: SearchSpace
    default: Parameters
    evaluate: Callable[[Parameters], float]
    seconds: Callable[[Parameters], float]
    best: float
    median: float
    steps: int = 0
    curve: Callable[[Parameters], Sequence[float]] | None = field(default=None)

    def regret(self, loss: float) -> float:
        """Return the loss scaled so that 0 is the best known and 1 the median of random search, clipped to [0, 1.5]."""
        return min(1.5, max(0.0, (loss - self.best) / (self.median - self.best)))


def lognormal_seconds(name: str, space: SearchSpace, middle: float = 60.0, spread: float = 0.6) -> Callable[..., float]:
    """Return durations for a table without them: lognormal over the space, and fixed for each point."""
    from statistics import NormalDist

    def seconds(parameters: Parameters) -> float:
        digest = hashlib.sha256(f"{name} {space.key(parameters)}".encode()).digest()
        share = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
        return middle * math.exp(spread * NormalDist().inv_cdf(share))

    return seconds
