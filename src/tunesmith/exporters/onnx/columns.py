"""The columns of raw rows in an ONNX graph, and what the steps of recipes make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data.schema import Column, Schema
from ...recipes.recipe import FittedRecipe
from ...steps.base import Transformer
from ...steps.dates import DateParts
from .graph import Graph

_DAY_SECONDS = 86_400.0


class NotExportable(Exception):
    """A step or a model has no equivalent in ONNX; the message says which."""


@dataclass(frozen=True)
class GraphColumn:
    """A column in the graph.

    Args:
        value: The name of its values: doubles of shape `(rows, 1)`, NaN where missing. A category is its code, and a
            date its seconds since 1970.
        kind: `number`, `category` or `date`.
        categories: The categories, by code.
    """

    value: str
    kind: str
    categories: tuple[str, ...] = ()


Columns = Mapping[str, GraphColumn]


def raw_columns(graph: Graph, schema: Schema) -> dict[str, GraphColumn]:
    """Add an input for each column of a schema but texts, and return the columns as models are trained on them."""
    return {column.name: _read(graph, column) for column in schema.columns if column.kind != "text"}


def _read(graph: Graph, column: Column) -> GraphColumn:
    if column.kind == "category":
        value = graph.input(column.name, "STRING")
        codes = encoded(graph, value, {name: float(code) for code, name in enumerate(column.categories)})
        return GraphColumn(codes, "category", column.categories)
    value = graph.input(column.name, "DOUBLE")
    finite = graph.add("Where", graph.add("IsInf", value), graph.constant(np.nan), value)
    return GraphColumn(finite, column.kind)


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


def prepared_columns(graph: Graph, columns: Columns, recipe: FittedRecipe) -> Columns:
    """Return the columns after the steps of a fitted recipe.

    Raises:
        NotExportable: A step has no equivalent.
    """
    for name, transformer in recipe.transformers:
        if type(transformer) not in _STEPS:
            raise NotExportable(f"step {name}")
        columns = _STEPS[type(transformer)](graph, columns, transformer)
    return columns


def _date_parts(graph: Graph, columns: Columns, step: DateParts) -> Columns:
    dates = {name: columns[name].value for name, _ in step.parts}
    numbers: dict[str, GraphColumn] = {}
    for name, kept in step.parts:
        seconds = dates[name]
        day = graph.add("Div", seconds, graph.constant(_DAY_SECONDS))
        numbers[f"{name} (day)"] = GraphColumn(day, "number")
        parts = _calendar(graph, seconds) if kept else {}
        for part in kept:
            numbers[f"{name} ({part} of date)"] = GraphColumn(parts[part], "number")
    return {name: column for name, column in columns.items() if name not in dates} | numbers


def _calendar(graph: Graph, seconds: str) -> dict[str, str]:
    """Return year, month, day, weekday (Monday is 0) and hour of seconds since 1970.

    The Gregorian date follows Hinnant, chrono-Compatible Low-Level Date Algorithms (2013), section `civil_from_days`;
    a year begins in March there, so that a leap day is its last day.
    """

    def floor(value: str, divisor: float) -> str:
        return graph.add("Floor", graph.add("Div", value, graph.constant(divisor)))

    def plus(value: str, *terms: tuple[str, float]) -> str:
        for term, factor in terms:
            value = graph.add("Add", value, graph.add("Mul", term, graph.constant(factor)))
        return value

    def shifted(value: str, by: float) -> str:
        return graph.add("Add", value, graph.constant(by))

    days = floor(seconds, _DAY_SECONDS)
    hour = floor(plus(seconds, (days, -_DAY_SECONDS)), 3600.0)
    weekday = plus(shifted(days, 3.0), (floor(shifted(days, 3.0), 7.0), -7.0))
    march = shifted(days, 719_468.0)  # Days since 1 March 0.
    era = floor(march, 146_097.0)  # 400 years.
    day_of_era = plus(march, (era, -146_097.0))
    corrections = ((floor(day_of_era, 1460.0), -1.0), (floor(day_of_era, 36_524.0), 1.0))
    year_of_era = floor(plus(day_of_era, *corrections, (floor(day_of_era, 146_096.0), -1.0)), 365.0)
    leaps = ((floor(year_of_era, 4.0), -1.0), (floor(year_of_era, 100.0), 1.0))
    day_of_year = plus(day_of_era, (year_of_era, -365.0), *leaps)
    month_from_march = floor(shifted(graph.add("Mul", day_of_year, graph.constant(5.0)), 2.0), 153.0)
    before = floor(shifted(graph.add("Mul", month_from_march, graph.constant(153.0)), 2.0), 5.0)
    day = shifted(plus(day_of_year, (before, -1.0)), 1.0)
    late = graph.cast(graph.add("GreaterOrEqual", month_from_march, graph.constant(10.0)), "DOUBLE")
    month = plus(shifted(month_from_march, 3.0), (late, -12.0))
    year = plus(plus(year_of_era, (era, 400.0)), (late, 1.0))
    return {"year": year, "month": month, "day": day, "weekday": weekday, "hour": hour}


_STEPS: Mapping[type[Transformer], Callable[[Graph, Columns, Any], Columns]] = {DateParts: _date_parts}
