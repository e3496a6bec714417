"""Metrics with confidence intervals, from bootstrap samples of rows (Efron 1979)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...core.arrays import Floats
from ...data.problem import Problem
from ...data.scores import SCORES, Score

_SAMPLES = 200
_MOST_ROWS = 20_000
_ENDS = (2.5, 97.5)  # Percent.


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A metric and the ends of its 95 % interval.

    Args:
        metric: Its name.
        value: The metric of all rows.
        low: The lower end; None where a sample of the rows has no such metric.
        high: The upper end.
    """

    metric: str
    value: float
    low: float | None
    high: float | None

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


def intervals(problems: Sequence[Problem], target: Floats, predictions: Floats, first: str) -> list[Interval]:
    """Return every metric that suits the problems, the chosen one first.

    Args:
        problems: What is predicted.
        target: Encoded, shape `(rows, problems)`.
        predictions: Shape `(rows, outputs)`.
        first: The name of the metric that the model was chosen by.
    """
    kinds = {problem.kind for problem in problems}
    names = [first, *(name for name, score in SCORES.items() if name != first and kinds <= score.kinds)]
    found = [_interval(SCORES[name], problems, target, predictions) for name in names]
    return [interval for interval in found if interval is not None]


def _interval(score: Score, problems: Sequence[Problem], target: Floats, predictions: Floats) -> Interval | None:
    with np.errstate(all="ignore"):
        value = _value(score, problems, target, predictions)
        if value is None:
            return None
        rng = np.random.default_rng(0)
        rows = len(target)
        drawn = min(rows, _MOST_ROWS)
        samples = [rng.integers(0, rows, drawn) for _ in range(_SAMPLES)]
        values = [_value(score, problems, target[sample], predictions[sample]) for sample in samples]
    known = [sampled for sampled in values if sampled is not None]
    if len(known) < _SAMPLES // 2:
        return Interval(metric=score.name, value=value, low=None, high=None)
    low, high = np.percentile(known, _ENDS)
    narrower = np.sqrt(drawn / rows)  # A sample of fewer rows spreads more.
    return Interval(
        metric=score.name,
        value=value,
        low=float(value + (low - value) * narrower),
        high=float(value + (high - value) * narrower),
    )


def _value(score: Score, problems: Sequence[Problem], target: Floats, predictions: Floats) -> float | None:
    try:
        value = score.mean(problems, target, predictions)
    except ValueError:  # A sample without some class.
        return None
    return value if np.isfinite(value) else None
