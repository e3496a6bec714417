"""The fitted steps of recipes as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...recipes.recipe import FittedRecipe
from ...steps.arithmetic import Arithmetic
from ...steps.counts import Counts
from ...steps.dates import Dates
from ...steps.target_means import TargetMeans
from .columns import Columns, GraphColumn, NotExportable
from .dates import calendar, days_since_1970
from .encodings import looked_up, recoded
from .graph import Graph


def prepared_columns(graph: Graph, columns: Columns, recipe: FittedRecipe) -> Columns:
    """Return the columns after the steps of a fitted recipe.

    Raises:
        NotExportable: A step has no equivalent.
    """
    for name, transformer in recipe.transformers:
        if type(transformer) not in _STEPS:
            raise NotExportable(f"the step {name} has no equivalent in ONNX")
        columns = _STEPS[type(transformer)](graph, columns, transformer)
    return columns


def _dates(graph: Graph, columns: Columns, step: Dates) -> Columns:
    periods = {"month": 12, "day": 31, "day_of_year": 365.25, "day_of_week": 7, "hour": 24, "minute": 60}
    made: dict[str, GraphColumn] = {}
    for name, parts in step.parts.items():
        seconds = columns[name].value
        made[f"{name} (days)"] = GraphColumn(days_since_1970(graph, seconds), "number")
        numbers = calendar(graph, seconds)
        for part in parts:
            if not step.cyclical or part not in periods:
                made[f"{name} ({part})"] = GraphColumn(numbers[part], "number")
                continue
            angle = graph.add("Mul", numbers[part], graph.constant(2 * np.pi / periods[part]))
            made[f"{name} (sine of {part})"] = GraphColumn(graph.add("Sin", angle), "number")
            made[f"{name} (cosine of {part})"] = GraphColumn(graph.add("Cos", angle), "number")
    return {name: column for name, column in columns.items() if name not in step.parts} | made


def _arithmetic(graph: Graph, columns: Columns, step: Arithmetic) -> Columns:
    operators = {"-": "Sub", "+": "Add", "*": "Mul", "/": "Div"}
    made: dict[str, GraphColumn] = {}
    for left, operator, right in step.chosen:
        result = graph.add(operators[operator], columns[left].value, columns[right].value)
        infinite = graph.add("IsInf", result)
        value = graph.add("Where", infinite, graph.constant(np.nan), result)
        made[f"{left} {operator} {right}"] = GraphColumn(value, "number")
    return {**columns, **made}


def _counts(graph: Graph, columns: Columns, step: Counts) -> Columns:
    made: dict[str, GraphColumn] = {}
    for name, levels in step.levels.items():
        shares = np.roll(step.shares[name], -1)[:, None]  # That of missing values comes last.
        value = looked_up(graph, recoded(graph, columns[name], _categories(name, levels)), shares)
        made[f"{name} (share)"] = GraphColumn(value, "number")
    return {**columns, **made}


def _target_means(graph: Graph, columns: Columns, step: TargetMeans) -> Columns:
    made: dict[str, GraphColumn] = {}
    for encoding in step.encodings:
        if len(encoding["columns"]) > 1:
            raise NotExportable("the step target_means with pairs of columns has no equivalent in ONNX")
        (name,) = encoding["columns"]
        categories = _categories(name, step.levels[name])
        means = np.tile(np.array(step.prior, dtype=np.float64), (len(categories) + 1, 1))
        means[encoding["keys"]] = encoding["means"]  # A key of 0 is a missing value, which comes last below.
        table = looked_up(graph, recoded(graph, columns[name], categories), np.roll(means, -1, axis=0))
        for output, title in enumerate(step.names_of(encoding["columns"])):
            position = graph.constant([output], np.int64)
            made[title] = GraphColumn(graph.add("Gather", table, position, axis=1), "number")
    dropped = step.levels if step.replace and step.encodings else ()
    return {**{name: column for name, column in columns.items() if name not in dropped}, **made}


def _categories(name: str, levels: Any) -> Sequence[str]:
    """Return the levels of a category."""
    if isinstance(levels, np.ndarray):
        raise NotExportable(f"the bins of the number {name} have no equivalent in ONNX")
    return [str(level) for level in levels]


_STEPS: Mapping[type[Any], Callable[[Graph, Columns, Any], Columns]] = {
    Arithmetic: _arithmetic,
    Counts: _counts,
    Dates: _dates,
    TargetMeans: _target_means,
}
