"""RealMLP in ONNX graphs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.exporters.onnx_graphs import in_onnx

from tunesmith.data.problem import Problem
from tunesmith.data.schema import Schema
from tunesmith.families.base import TrainingPart
from tunesmith.families.realmlp import RealmlpFamily

ROWS = 200


@pytest.mark.parametrize(
    ("columns", "kind", "activation"),
    [
        pytest.param(["size", "price", "kind", "flag", "town"], "multiclass", "selu", id="all kinds of columns"),
        pytest.param(["size", "price"], "regression", "mish", id="numbers alone"),
        pytest.param(["town"], "binary", "mish", id="an embedding alone"),
    ],
)
def test_a_network_agrees_with_python(columns: list[str], kind: str, activation: str) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=ROWS),
            "price": rng.lognormal(sigma=3, size=ROWS),
            "kind": rng.choice(["a", "b", "c"], ROWS),
            "flag": rng.choice(["on", "off"], ROWS),
            "town": [f"town {number}" for number in rng.integers(0, 12, ROWS)],
        }
    )
    frame = frame.mask(rng.random(frame.shape) < 0.1)[columns]
    classes = {"binary": ("0", "1"), "multiclass": ("0", "1", "2"), "regression": ()}[kind]
    target = rng.normal(size=ROWS) if kind == "regression" else rng.integers(0, len(classes), ROWS).astype(float)
    schema = Schema.infer(frame)
    features = schema.read(frame)
    part = TrainingPart(
        features=features[:150],
        target=target[:150],
        validation=(features[150:], target[150:]),
        problem=Problem(target="y", kind=kind, classes=classes),  # type: ignore[arg-type]
        seed=0,
        threads=1,
    )
    family = RealmlpFamily()
    parameters = {**family.configurations(part.problem)[0], "epochs": 4, "width": 16, "activation": activation}
    model = family.fit(part, parameters)

    extremes = {name: [np.inf, -np.inf, 1e300] for name in ("size", "price") if name in columns}
    edges = schema.read(pd.concat([frame[:3].assign(**extremes), frame[:1].mask([[True] * len(columns)])]))
    rows = pd.concat([features, edges])
    np.testing.assert_allclose(in_onnx(model, rows, schema), model.predict(rows), atol=1e-5)
