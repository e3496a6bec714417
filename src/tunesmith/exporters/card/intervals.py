"""Metrics with confidence intervals, from bootstrap samples of rows (Efron 1979)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...core.arrays import Floats, Indices
from ...data.problem import Problem
from ...data.scores import SCORES, Score
from ...errors import InputError

_SAMPLES = 100
_MOST_ROWS = 20_000
_USUAL = ("log_loss", "auc", "accuracy", "balanced_accuracy", "f1", "f1_macro", "brier", "rmse", "mae", "r2")
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


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows with a known target and what was predicted for them.

    Args:
        target: Encoded, shape `(rows, problems)`.
        outputs: Probabilities or numbers, shape `(rows, outputs)`.
        chances: The same, times the factors that decide which class is chosen.
        weight: The weight of each row, shape `(rows,)`; None if all count alike.
    """

    target: Floats
    outputs: Floats
    chances: Floats
    weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.target)

    def sample(self, rows: Indices) -> Rows:
        """Return some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Rows(target=self.target[rows], outputs=self.outputs[rows], chances=self.chances[rows], weight=weight)


def intervals(problems: Sequence[Problem], rows: Rows, first: str) -> list[Interval]:
    """Return the usual metrics that suit the problems, the chosen one first.

    Args:
        problems: What is predicted.
        rows: The rows to judge by.
        first: The name of the metric that the model was chosen by.
    """
    kinds = {problem.kind for problem in problems}
    names = [first, *(name for name in _USUAL if name != first and name in SCORES and kinds <= SCORES[name].kinds)]
    found = [_interval(SCORES[name], problems, rows) for name in names]
    return [interval for interval in found if interval is not None]


def _interval(score: Score, problems: Sequence[Problem], rows: Rows) -> Interval | None:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of scikit-learn, about classes that a sample lacks.
        value = _value(score, problems, rows)
        if value is None:
            return None
        rng, drawn = np.random.default_rng(0), min(len(rows), _MOST_ROWS)
        samples = (rows.sample(rng.integers(0, len(rows), drawn)) for _ in range(_SAMPLES))
        values = [_value(score, problems, sample) for sample in samples]
    known = [sampled for sampled in values if sampled is not None]
    if len(known) < _SAMPLES // 2:
        return Interval(metric=score.name, value=value, low=None, high=None)
    low, high = np.percentile(known, _ENDS)
    narrower = np.sqrt(drawn / len(rows))  # A sample of fewer rows spreads more.
    return Interval(
        metric=score.name,
        value=value,
        low=float(value + (low - value) * narrower),
        high=float(value + (high - value) * narrower),
    )


def _value(score: Score, problems: Sequence[Problem], rows: Rows) -> float | None:
    try:
        value = score.mean(problems, rows.target, rows.chances if score.labels else rows.outputs, rows.weight)
    except (ValueError, InputError):  # A sample without some class, or a target that has no such metric.
        return None
    return value if np.isfinite(value) else None
