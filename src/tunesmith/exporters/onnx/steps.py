"""The fitted steps of recipes as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...recipes.recipe import FittedRecipe
from ...steps.dates import Dates
from ...steps.text import Text
from .columns import Columns, GraphColumn, NotExportable
from .dates import calendar, days_since_1970
from .feature_steps import FEATURE_STEPS
from .graph import Graph
from .texts import normalized_sums, statistics, term_weights


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


def _text(graph: Graph, columns: Columns, step: Text) -> Columns:
    made: dict[str, GraphColumn] = {}
    for name, fitted in step.fitted.items():
        text = columns[name].value
        made |= {part: GraphColumn(value, "number") for part, value in statistics(graph, name, text).items()}
        if fitted["terms"]:
            analyzer = {"words": "word", "characters": "char_wb"}[fitted["unit"]]
            weighted = term_weights(graph, text, analyzer, fitted["terms"], fitted["weights"])
            vectors = normalized_sums(graph, weighted, fitted["components"].T)
            for index in range(len(fitted["components"])):
                vector = graph.add("Gather", vectors, graph.constant([index], np.int64), axis=1)
                made[f"{name} (component {index + 1})"] = GraphColumn(vector, "number")
    return {name: column for name, column in columns.items() if name not in step.fitted} | made


_STEPS: Mapping[type[Any], Callable[[Graph, Columns, Any], Columns]] = {Dates: _dates, Text: _text, **FEATURE_STEPS}
