"""The columns of raw rows in an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...data.cells import LARGEST
from ...data.column import Column
from ...data.schema import Schema
from .graph import Graph


class NotExportable(Exception):
    """A step or a model has no equivalent in ONNX; the message says which."""


@dataclass(frozen=True)
class GraphColumn:
    """A column in the graph.

    Args:
        value: The name of its values: doubles of shape `(rows, 1)`, NaN where missing. A category is its code, and a
            date its seconds since 1970. Texts are strings, `""` where missing.
        kind: `number`, `category`, `date` or `text`.
        categories: The categories, by code.
    """

    value: str
    kind: str
    categories: tuple[str, ...] = ()


Columns = Mapping[str, GraphColumn]


def raw_columns(graph: Graph, schema: Schema) -> dict[str, GraphColumn]:
    """Add an input for each column of a schema, and return the columns as models are trained on them."""
    return {column.name: _read(graph, column) for column in schema.columns}


def _read(graph: Graph, column: Column) -> GraphColumn:
    if column.kind == "text":
        return GraphColumn(graph.input(column.name, "STRING"), "text")
    if column.kind == "category":
        value = graph.input(column.name, "STRING")
        codes = encoded(graph, value, {name: float(code) for code, name in enumerate(column.categories)})
        return GraphColumn(codes, "category", column.categories)
    value = graph.input(column.name, "DOUBLE")
    within = graph.add("LessOrEqual", graph.add("Abs", value), graph.constant(LARGEST))  # False for NaN.
    return GraphColumn(graph.add("Where", within, value, graph.constant(np.nan)), column.kind)


def encoded(graph: Graph, value: str, numbers: Mapping[str, float]) -> str:
    """Return strings as numbers, NaN for those that have none."""
    numbers = numbers or {"": np.nan}  # A column that was missing in every row has no categories.
    single = graph.add(
        "ml.LabelEncoder",
        value,
        keys_strings=list(numbers),
        values_floats=list(numbers.values()),
        default_float=float("nan"),
    )
    return graph.cast(single, "DOUBLE")
