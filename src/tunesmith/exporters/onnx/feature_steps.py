"""Fitted steps that add or change numbers, as nodes of an ONNX graph: arithmetic, counts, target means and others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...steps.arithmetic import Arithmetic
from ...steps.clip import Clip
from ...steps.counts import Counts
from ...steps.drop import Drop
from ...steps.logs import Logs
from ...steps.missing import Missing
from ...steps.select import Select
from ...steps.target_means import TargetMeans
from .columns import Columns, GraphColumn, NotExportable
from .graph import Graph

_OPERATORS = {"-": "Sub", "+": "Add", "*": "Mul", "/": "Div"}
_MOST_CELLS = 1_000_000


def _arithmetic(graph: Graph, columns: Columns, step: Arithmetic) -> Columns:
    made = {}
    for left, operator, right in step.chosen:
        result = graph.add(_OPERATORS[operator], columns[left].value, columns[right].value)
        finite = graph.add("Where", graph.add("IsInf", result), graph.constant(np.nan), result)
        made[f"{left} {operator} {right}"] = GraphColumn(finite, "number")
    return {**columns, **made}


def _counts(graph: Graph, columns: Columns, step: Counts) -> Columns:
    made = {}
    for name, levels in step.levels.items():
        shares = graph.add("Gather", graph.constant(step.shares[name]), _levels(graph, columns[name], levels))
        made[f"{name} (share)"] = GraphColumn(shares, "number")
    return {**columns, **made}


def _target_means(graph: Graph, columns: Columns, step: TargetMeans) -> Columns:
    made = {}
    codes = {name: _levels(graph, columns[name], levels) for name, levels in step.levels.items()}
    for encoding in step.encodings:
        pair = encoding["columns"]
        sizes = [len(step.levels[name]) + 1 for name in pair]
        cells = int(np.prod(sizes))
        if cells > _MOST_CELLS:
            raise NotExportable(f"the cross of {' and '.join(pair)} has {cells:,} cells, too many for an ONNX graph")
        index = codes[pair[0]]
        for name, size in zip(pair[1:], sizes[1:], strict=True):
            index = graph.add("Add", graph.add("Mul", index, graph.constant(size, np.int64)), codes[name])
        means = np.tile(np.asarray(step.prior), (cells, 1))
        means[encoding["keys"]] = encoding["means"]
        names = step.names_of(pair)
        for output, name in enumerate(names):
            value = graph.add("Gather", graph.constant(means[:, output]), index)
            made[name] = GraphColumn(value, "number")
    kept = {name: column for name, column in columns.items() if not (step.replace and name in step.levels)}
    return {**kept, **made}


def _levels(graph: Graph, column: GraphColumn, levels: Sequence[str] | np.ndarray) -> str:
    """Return the level of each row as `steps._columns.level_codes` does; whole numbers of shape `(rows, 1)`."""
    missing = graph.add("IsNaN", column.value)
    if isinstance(levels, np.ndarray):
        if column.kind != "number" or not len(levels):
            raise NotExportable("bins of something that is no number have no equivalent in ONNX")
        reached = graph.cast(graph.add("GreaterOrEqual", column.value, graph.constant(levels[None])), "INT64")
        bins = graph.add("ReduceSum", reached, graph.constant([1], np.int64), keepdims=1)
        bins = graph.add("Max", bins, graph.constant(1, np.int64))
        return graph.add("Where", missing, graph.constant(0, np.int64), bins)
    positions = {level: position for position, level in enumerate(levels, start=1)}
    table = [0, *(positions.get(category, 0) for category in column.categories)]
    code = graph.cast(graph.add("Where", missing, graph.constant(-1.0), column.value), "INT64")
    shifted = graph.add("Add", code, graph.constant(1, np.int64))
    return graph.add("Gather", graph.constant(table, np.int64), shifted)


def _missing(graph: Graph, columns: Columns, step: Missing) -> Columns:
    made = {
        f"{name} (missing)": GraphColumn(graph.cast(graph.add("IsNaN", columns[name].value), "DOUBLE"), "number")
        for name in step.chosen
    }
    return {**columns, **made}


def _clip(graph: Graph, columns: Columns, step: Clip) -> Columns:
    made = {}
    for name, (low, high) in step.ranges.items():
        value = columns[name].value
        for limit, beyond in ((low, "Less"), (high, "Greater")):
            bound = graph.constant(limit)
            value = graph.add("Where", graph.add(beyond, value, bound), bound, value)
        made[name] = GraphColumn(value, "number")
    return {name: made.get(name, column) for name, column in columns.items()}


def _logs(graph: Graph, columns: Columns, step: Logs) -> Columns:
    made = {}
    for name in step.chosen:
        value = columns[name].value
        logarithm = graph.add("Log", graph.add("Add", graph.add("Abs", value), graph.constant(1.0)))
        made[name] = GraphColumn(graph.add("Mul", graph.add("Sign", value), logarithm), "number")
    return {name: made.get(name, column) for name, column in columns.items()}


def _without(graph: Graph, columns: Columns, step: Drop | Select) -> Columns:
    return {name: column for name, column in columns.items() if name not in step.dropped}


FEATURE_STEPS: Mapping[type[Any], Callable[[Graph, Columns, Any], Columns]] = {
    Arithmetic: _arithmetic,
    Clip: _clip,
    Counts: _counts,
    Drop: _without,
    Logs: _logs,
    Missing: _missing,
    Select: _without,
    TargetMeans: _target_means,
}
