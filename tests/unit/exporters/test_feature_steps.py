"""Fitted steps in ONNX give the numbers of Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.schema import Schema
from tunesmith.exporters.onnx.columns import raw_columns
from tunesmith.exporters.onnx.graph import Graph
from tunesmith.exporters.onnx.steps import prepared_columns
from tunesmith.recipes.recipe import Recipe
from tunesmith.recipes.templates import TEMPLATES

ROWS = 900
STEPS: list[dict[str, Any]] = [
    {"step": "arithmetic", "pairs": ["a / b", "b - a", "a * b", "a + c"]},
    {"step": "clip", "tail": 0.2},
    {"step": "counts", "least_levels": 2},
    {"step": "counts", "columns": ["c", "town"], "least_levels": 2},
    {"step": "drop", "columns": ["b"], "named": True},
    {"step": "logs", "least_skewness": 0.0},
    {"step": "missing"},
    {"step": "select", "most": 2},
    {"step": "target_means", "crosses": 2},
    {"step": "target_means", "columns": ["a", "town"], "crosses": 1, "replace": True},
]


def _raw(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    missing = rng.random((rows, 4)) < 0.1
    return pd.DataFrame(
        {
            "a": np.where(missing[:, 0], np.nan, rng.normal(size=rows)),
            "b": np.where(missing[:, 1], np.nan, rng.integers(-30, 30, rows)),
            "c": np.exp(rng.normal(size=rows)) * 1e6,
            "town": np.where(missing[:, 2], None, rng.choice(list("abcdefghijkl"), rows)),
            "plan": np.where(missing[:, 3], None, rng.choice(["x", "y", "z"], rows)),
        }
    )


@pytest.mark.parametrize(
    "recipe",
    [*(Recipe.from_table({"steps": [step]}) for step in STEPS), TEMPLATES["engineered"]],
    ids=[*(f"{step['step']} {number}" for number, step in enumerate(STEPS)), "engineered"],
)
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_graph_gives_the_numbers_of_python(recipe: Recipe, outputs: int) -> None:
    runtime = pytest.importorskip("onnxruntime")
    raw = _raw(ROWS, 0)
    schema = Schema.infer(raw)
    rng = np.random.default_rng(1)
    target = rng.normal(size=(ROWS, outputs)) + (raw["a"] * raw["b"]).fillna(0).to_numpy()[:, None]
    fitted, _ = recipe.fit_transform(schema.read(raw), target)
    assert fitted.transformers
    assert recipe.exportable or recipe is TEMPLATES["engineered"]
    other = _raw(200, 2)
    other.loc[0, ["town", "a", "b"]] = ["unseen", 1e300, 0.0]
    other.loc[1] = [np.nan, np.nan, np.nan, None, None]

    graph = Graph(reserved=["out"])
    columns = prepared_columns(graph, raw_columns(graph, schema), fitted)
    numbers = {name: column for name, column in columns.items() if column.kind == "number"}
    graph.output("out", graph.columns(column.value for column in numbers.values()), "DOUBLE", len(numbers))
    session = runtime.InferenceSession(graph.serialized("g", {}, ""), providers=["CPUExecutionProvider"])
    needed = {entry.name for entry in session.get_inputs()}
    inputs = {
        name: (
            other[name].fillna("").to_numpy(dtype=object) if name in ("town", "plan") else other[name].to_numpy(float)
        )[:, None]
        for name in needed
    }
    expected = fitted.transform(schema.read(other))
    assert list(columns) == list(expected)
    np.testing.assert_allclose(
        session.run(None, inputs)[0], expected[list(numbers)].to_numpy(dtype=float), rtol=1e-14, atol=1e-14
    )
