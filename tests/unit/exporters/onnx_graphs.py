"""A model's predictions in an ONNX graph of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pandas as pd

from tunesmith.data.schema import Schema
from tunesmith.exporters.onnx.columns import raw_columns
from tunesmith.exporters.onnx.graph import Graph
from tunesmith.exporters.onnx.models import predictions
from tunesmith.exporters.onnx.parity import onnx_inputs, raw_rows


def in_onnx(model: Any, features: pd.DataFrame, schema: Schema) -> np.ndarray:
    """Return the outputs of a model, computed by onnxruntime; shape `(rows, outputs)`."""
    graph = Graph([*schema.names, "out"])
    columns = raw_columns(graph, schema)
    width = model.predict(features[:1]).shape[1]
    graph.output("out", predictions(graph, columns, model), "DOUBLE", width)
    session = onnxruntime.InferenceSession(graph.serialized("model", {}, ""), providers=["CPUExecutionProvider"])
    (outputs,) = session.run(None, onnx_inputs(raw_rows(features, schema), schema))
    return np.asarray(outputs)
