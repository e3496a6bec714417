"""RealMLP's network as nodes of an ONNX graph."""

from __future__ import annotations

import math

import numpy as np

from ...families._net_columns import CLIP, FARTHEST, NetColumns
from ...families.realmlp import RealmlpModel
from .columns import Columns
from .encodings import between, looked_up, recoded
from .graph import Graph

_LARGEST = np.finfo(np.float64).max
_LARGEST_EXPONENT = 30.0  # Beyond it mish is the identity.


def realmlp_outputs(graph: Graph, columns: Columns, model: RealmlpModel) -> str:
    """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
    outputs = _layers(graph, _embedded(graph, columns, model), model)
    if not model.numbers:
        return graph.add("Softmax", outputs, axis=1)
    center, scale, low, high = map(graph.constant, model.numbers)
    numbers = graph.add("Add", center, graph.add("Mul", scale, outputs))
    return graph.add("Min", graph.add("Max", numbers, low), high)


def _embedded(graph: Graph, columns: Columns, model: RealmlpModel) -> str:
    """Return the inputs of the first layer, shape `(rows, inputs)`."""
    prepared, numbers = _prepared(graph, columns, model.columns), len(model.columns.numbers)
    parts = [prepared] if prepared else []
    if numbers:
        chosen = graph.add("Gather", prepared, graph.constant(np.arange(numbers), np.int64), axis=1)
        parts.insert(0, _waves(graph, chosen, model, numbers))
    for index, (name, kinds) in enumerate(model.columns.embedded.items()):
        table = np.roll(model.weights[f"embeddings.{index}"], -1, axis=0)  # The first row is for missing values.
        parts.append(looked_up(graph, recoded(graph, columns[name], kinds), table.astype(np.float64)))
    return graph.add("Mul", graph.columns(parts), _weights(graph, model.weights["scale"]))


def _waves(graph: Graph, numbers: str, model: RealmlpModel, count: int) -> str:
    """Return the periodic embeddings of numbers, shape `(rows, numbers * embedded)`."""
    weights = model.weights
    by_number = graph.add(
        "Unsqueeze", graph.add("Transpose", numbers, perm=[1, 0]), graph.constant([2], np.int64)
    )  # Shape (numbers, rows, 1), as each number has weights of its own.
    frequencies = graph.add("Mul", _weights(graph, weights["frequency_1"]), graph.constant(2 * math.pi))
    angles = graph.add("Add", graph.add("MatMul", by_number, frequencies), _weights(graph, weights["frequency_bias_1"]))
    mixed = graph.add("MatMul", graph.add("Cos", angles), _weights(graph, weights["frequency_2"]))
    embedded = graph.add("Add", mixed, _weights(graph, weights["frequency_bias_2"]))
    by_row = graph.add("Transpose", embedded, perm=[1, 0, 2])
    shape = [-1, count * weights["frequency_2"].shape[2]]
    return graph.add("Reshape", by_row, graph.constant(shape, np.int64))


def _layers(graph: Graph, hidden: str, model: RealmlpModel) -> str:
    weights = model.weights
    layers = sum(name.startswith("weights.") for name in weights)
    for index in range(layers):
        weight = weights[f"weights.{index}"]
        scaled = _weights(graph, weight / np.sqrt(np.float32(len(weight))))
        hidden = graph.add("Add", graph.add("MatMul", hidden, scaled), _weights(graph, weights[f"bias.{index}"]))
        if index < layers - 1:
            bent = graph.add("Sub", _activated(graph, hidden, model.activation), hidden)
            hidden = graph.add("Add", hidden, graph.add("Mul", bent, _weights(graph, weights[f"slope.{index}"])))
    return hidden


def _activated(graph: Graph, units: str, activation: str) -> str:
    if activation == "selu":
        falling = graph.add("Exp", graph.add("Min", units, graph.constant(0.0)))
        negative = graph.add("Mul", graph.add("Sub", falling, graph.constant(1.0)), graph.constant(1.6732632423543772))
        bent = graph.add("Where", graph.add("Greater", units, graph.constant(0.0)), units, negative)
        return graph.add("Mul", bent, graph.constant(1.0507009873554805))
    # Mish is x tanh(log(1 + e)) with e = exp(x), and the tangent is (e² + 2e) / (e² + 2e + 2).
    grown = graph.add("Exp", graph.add("Min", units, graph.constant(_LARGEST_EXPONENT)))
    product = graph.add("Mul", grown, graph.add("Add", grown, graph.constant(2.0)))
    tangent = graph.add("Div", product, graph.add("Add", product, graph.constant(2.0)))
    return graph.add("Mul", units, tangent)


def _prepared(graph: Graph, columns: Columns, preparation: NetColumns) -> str:
    """Return scaled and clipped numbers and indicators, shape `(rows, numbers + indicators)`; empty without any."""
    parts = [_finite(graph, columns[name].value) for name in preparation.numbers]
    for name in preparation.gaps:
        known = graph.add("LessOrEqual", graph.add("Abs", columns[name].value), graph.constant(_LARGEST))
        parts.append(graph.cast(graph.add("Not", known), "DOUBLE"))
    for name, kinds in preparation.one_hot.items():
        hot = np.vstack([np.eye(len(kinds)), np.zeros((1, len(kinds)))])
        if len(kinds) <= 2:  # One column: 1, -1, and 0 where missing.
            hot = hot[:, :1] - hot[:, 1:].sum(axis=1, keepdims=True)
        parts.append(looked_up(graph, recoded(graph, columns[name], kinds), hot))
    if not parts:
        return ""
    centred = graph.add("Sub", graph.columns(parts), graph.constant(preparation.centers[None, :]))
    spread = between(graph, graph.add("Mul", centred, graph.constant(preparation.factors[None, :])), FARTHEST)
    part = graph.add("Div", spread, graph.constant(CLIP))
    length = graph.add("Sqrt", graph.add("Add", graph.add("Mul", part, part), graph.constant(1.0)))
    clipped = graph.add("Div", spread, length)
    return graph.add("Where", graph.add("IsNaN", clipped), graph.constant(0.0), clipped)


def _finite(graph: Graph, value: str) -> str:
    known = graph.add("LessOrEqual", graph.add("Abs", value), graph.constant(_LARGEST))
    return graph.add("Where", known, value, graph.constant(np.nan))


def _weights(graph: Graph, values: np.ndarray) -> str:
    """Return weights as doubles, stored in single precision as they are."""
    return graph.cast(graph.constant(values, np.float32), "DOUBLE")
