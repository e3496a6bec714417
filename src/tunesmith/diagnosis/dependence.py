"""How a prediction changes with one column, the others as they are: partial dependence and its spread over rows.

Friedman 2001, section 8.2; the spread is that of individual conditional expectations (Goldstein et al. 2015).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..core.arrays import Floats
from ..data.problem import Problem
from ..data.scores import per_problem
from .fitted import FoldModels
from .permuted import copies_with

if TYPE_CHECKING:
    import pandas as pd

_GRID = 14
_MOST_CATEGORIES = 10
_MOST_OUTPUTS = 4


@dataclass(frozen=True, kw_only=True)
class Line:
    """The prediction along a column.

    Args:
        output: The class whose probability it is; empty for a number.
        mean: Over rows, one for each point of the grid.
        low: The lowest tenth of the rows, likewise.
        high: The highest tenth.
    """

    output: str
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """How predictions depend on one column.

    Args:
        target: What is predicted.
        column: The column.
        kind: Numbers, dates as ISO text, or categories.
        grid: Its values: quantiles, or the most frequent categories.
        lines: One for each output.
        rows: The number of rows that were predicted.
    """

    target: str
    column: str
    kind: Literal["number", "date", "category"]
    grid: tuple[float | str, ...]
    lines: tuple[Line, ...]
    rows: int


def dependence(
    models: FoldModels, columns: Sequence[str], *, most_rows: int, deadline: float, seed: int = 0
) -> list[Dependence]:
    """Return the dependence on each of the columns, as far as the time allows.

    Args:
        models: The models that predict; each row is predicted by models that did not train on it.
        columns: The columns, in order.
        most_rows: The number of rows to predict.
        deadline: When to stop, by `time.monotonic()`.
        seed: Of the rows.
    """
    sample = models.sample(most_rows, seed=seed)
    features, problems = models.fitted.table.features, models.fitted.table.problems
    found: list[Dependence] = []
    for name in columns:
        if time.monotonic() > deadline:
            break
        values = grid(features[name])
        if len(values) < 2:
            continue
        curves = [  # (grid, rows, outputs) for each fold
            models.predict(fold, copies_with(features.iloc[rows], name, values)).reshape(len(values), len(rows), -1)
            for fold, rows in enumerate(sample)
            if len(rows)
        ]
        stacked = np.concatenate(curves, axis=1)
        flat = per_problem(problems, stacked.reshape(-1, stacked.shape[2]))
        for index, (problem, part) in enumerate(zip(problems, flat, strict=True)):
            shown = _outputs(problem, models.fitted.target[:, index])
            found.append(_told(problem, shown, features[name], values, part.reshape(*stacked.shape[:2], -1)))
    return found


def grid(values: pd.Series) -> list[Any]:
    """Return the values of a column to look at, in their order; none for text and constant columns."""
    known = values.dropna()
    if values.dtype == "category":
        counts = known.value_counts()
        return list(counts.index[counts > 0][:_MOST_CATEGORIES])
    if not len(known) or values.dtype.kind not in "fM":
        return []
    ordered = np.sort(known.to_numpy())
    # Not the extremes: few rows lie there, and the picture would be of them.
    inner = ordered[int(0.01 * len(ordered)) : max(int(0.99 * len(ordered)), 1)]
    distinct = np.unique(inner)
    if len(distinct) <= _GRID:
        return list(distinct)
    return list(np.unique(inner[np.linspace(0, len(inner) - 1, _GRID).astype(int)]))


def _outputs(problem: Problem, target: Floats) -> list[tuple[int, str]]:
    """Return the outputs to show, and their classes: the number, the positive class, or the most frequent classes."""
    if problem.kind == "regression":
        return [(0, "")]
    if problem.kind == "binary":
        return [(1, problem.classes[1])]
    counts = np.bincount(target.astype(np.intp), minlength=len(problem.classes))
    return [
        (int(index), problem.classes[index]) for index in sorted(np.argsort(-counts, kind="stable")[:_MOST_OUTPUTS])
    ]


def _told(
    problem: Problem, shown: Sequence[tuple[int, str]], column: pd.Series, values: Sequence[Any], curves: Floats
) -> Dependence:
    lines = []
    for index, output in shown:
        curve = curves[:, :, index]
        low, high = np.quantile(curve, [0.1, 0.9], axis=1)
        parts = (tuple(map(float, part)) for part in (curve.mean(axis=1), low, high))
        lines.append(Line(output=output, **dict(zip(("mean", "low", "high"), parts, strict=True))))
    is_category, is_date = column.dtype == "category", column.dtype.kind == "M"
    points = tuple(str(value)[:10] if is_date else str(value) if is_category else float(value) for value in values)
    return Dependence(
        target=problem.target,
        column=str(column.name),
        kind="category" if is_category else "date" if is_date else "number",
        grid=points,
        lines=tuple(lines),
        rows=curves.shape[1],
    )
