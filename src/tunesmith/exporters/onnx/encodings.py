"""The encodings that families share, as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...families._codes import LARGEST, ColumnCodes
from ...families._scaled import FARTHEST, ScaledColumns
from ...families._sparse import LARGEST_SCALED, SparseColumns
from .columns import Columns, GraphColumn
from .graph import Graph


def coded(graph: Graph, columns: Columns, codes: ColumnCodes) -> str:
    """Return numbers and codes of categories in single precision, NaN where missing; shape `(rows, columns)`."""
    values = []
    for name in codes.columns:
        if name in codes.categories:
            values.append(recoded(graph, columns[name], codes.categories[name]))
        else:
            values.append(between(graph, columns[name].value, LARGEST))
    return graph.single(graph.columns(values))


def scaled(graph: Graph, columns: Columns, encoding: ScaledColumns) -> str:
    """Return scaled numbers, indicators of missing values, and one-hot levels; shape `(rows, encoded columns)`."""
    parts = []
    if encoding.numbers:
        values = graph.columns([columns[name].value for name in encoding.numbers])
        centred = graph.add("Sub", values, graph.constant(encoding.centers[None, :]))
        spread = graph.add("Div", centred, graph.constant(encoding.scales[None, :]))
        drawn_in = graph.single(between(graph, spread, FARTHEST))
        missing = graph.add("IsNaN", drawn_in)
        parts.append(graph.add("Where", missing, graph.constant(encoding.fills[None, :].astype(np.float64)), drawn_in))
        if len(encoding.gaps):
            gaps = graph.add("Gather", missing, graph.constant(encoding.gaps, np.int64), axis=1)
            parts.append(graph.cast(gaps, "DOUBLE"))
    for name, placed in encoding.levels.items():
        width = int(placed.max()) + 1
        if width:
            hot = np.zeros((len(placed), width))
            hot[np.flatnonzero(placed >= 0), placed[placed >= 0]] = 1.0
            codes = recoded(graph, columns[name], encoding.categories[name])
            parts.append(looked_up(graph, codes, hot))
    return graph.columns(parts)


def dense_columns(graph: Graph, columns: Columns, encoding: SparseColumns) -> str:
    """Return the columns of a sparse array that are no terms, shape `(rows, columns)`; empty without any."""
    parts = []
    for name, kept in encoding.categories.items():
        if kept:
            hot = np.vstack([np.eye(len(kept)), np.zeros((1, len(kept)))])
            parts.append(looked_up(graph, recoded(graph, columns[name], kept), hot))
    if encoding.numbers:
        values = graph.columns([columns[name].value for name in encoding.numbers])
        known = graph.add("LessOrEqual", graph.add("Abs", values), graph.constant(np.finfo(np.float64).max))
        centred = graph.add("Sub", values, graph.constant(encoding.centers[None, :]))
        scaled_values = graph.add("Div", centred, graph.constant(encoding.scales[None, :]))
        filled = graph.add("Where", known, scaled_values, graph.constant(0.0))
        parts.append(between(graph, filled, LARGEST_SCALED))
        gaps = np.flatnonzero(encoding.gaps)
        if len(gaps):
            chosen = graph.add("Gather", graph.add("Not", known), graph.constant(gaps, np.int64), axis=1)
            parts.append(graph.cast(chosen, "DOUBLE"))
    return graph.columns(parts) if parts else ""


def without_gaps(graph: Graph, features: str, fills: np.ndarray) -> str:
    """Return columns with what replaces their missing values.

    Args:
        graph: The graph.
        features: Shape `(rows, columns)`.
        fills: Shape `(columns,)`.
    """
    replaced = graph.constant(fills[None, :].astype(np.float64))
    return graph.add("Where", graph.add("IsNaN", features), replaced, features)


def between(graph: Graph, value: str, limit: float) -> str:
    """Return numbers drawn in to `-limit` and `limit`; missing ones stay missing, which `Clip` does not promise."""
    most, least = graph.constant(limit), graph.constant(-limit)
    below = graph.add("Where", graph.add("Greater", value, most), most, value)
    return graph.add("Where", graph.add("Less", below, least), least, below)


def recoded(graph: Graph, column: GraphColumn, categories: Sequence[str]) -> str:
    """Return a category as its position among others, NaN where it is none of them."""
    if column.categories == tuple(categories):
        return column.value
    position = {name: float(index) for index, name in enumerate(categories)}
    table = [position.get(name, np.nan) for name in column.categories]
    return looked_up(graph, column.value, np.array([*table, np.nan])[:, None])


def looked_up(graph: Graph, codes: str, table: np.ndarray) -> str:
    """Return the rows of a table, its last row where the code is missing; shape `(rows, table columns)`.

    Args:
        graph: The graph.
        codes: Shape `(rows, 1)`.
        table: Shape `(codes + 1, table columns)`.
    """
    last = graph.constant(float(len(table) - 1))
    known = graph.cast(graph.add("Where", graph.add("IsNaN", codes), last, codes), "INT64")
    flat = graph.add("Squeeze", known, graph.constant([1], np.int64))
    return graph.add("Gather", graph.constant(table), flat, axis=0)
