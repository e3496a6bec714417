"""What a problem is: a space, the loss at each of its points, and what counts as good and as middling."""

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
        name: Unique, as `lcbench_3945`.
        group: `lcbench`, `glmnet`, `taskset`, `grids`, `oboe`, `nas` or `sklearn`.
        space: Where to search.
        default: Trial 0 of every contender: the table's or the library's own default, else the middle.
        evaluate: The loss, to be made small.
        seconds: How long the trial would run; for simulated time.
        best: The least loss known.
        median: The middle loss of random search.
        steps: How many steps (epochs) a whole training has; 0 where there is no curve.
        curve: The loss after each step, the last equal to `evaluate`; None where there is no curve.
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
        """Return the loss on a scale from 0, the best known or better, by way of 1, random search's middle, to 1.5."""
        return min(1.5, max(0.0, (loss - self.best) / (self.median - self.best)))


def lognormal_seconds(name: str, space: SearchSpace, middle: float = 60.0, spread: float = 0.6) -> Callable[..., float]:
    """Return durations for a table that has none: lognormal over the space, always the same at one point."""
    from statistics import NormalDist

    def seconds(parameters: Parameters) -> float:
        digest = hashlib.sha256(f"{name} {space.key(parameters)}".encode()).digest()
        share = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
        return middle * math.exp(spread * NormalDist().inv_cdf(share))

    return seconds
