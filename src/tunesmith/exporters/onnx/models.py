"""Trained models as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...families._forest import ForestModel
from ...families.base import Model
from ...families.lightgbm import LightgbmModel
from ...families.linear import LinearModel
from ...families.prior import PriorModel
from .boosters import all_classes, class_shares, lightgbm_sums
from .columns import Columns, NotExportable
from .encodings import coded, scaled
from .graph import Graph
from .trees import Trees


def predictions(graph: Graph, columns: Columns, model: Model) -> str:
    """Return a model's probabilities or numbers, shape `(rows, outputs)`.

    A model of a family from elsewhere may bring the method `to_onnx`, which takes the graph and the columns.

    Raises:
        NotExportable: The model has no equivalent.
    """
    convert: Callable[..., str] | None = getattr(model, "to_onnx", None)
    if convert is not None:
        return convert(graph, columns)
    if type(model) not in _MODELS:
        raise NotExportable(f"{type(model).__name__} has no equivalent in ONNX")
    return _MODELS[type(model)](graph, columns, model)


def _prior(graph: Graph, columns: Columns, model: PriorModel) -> str:
    if not columns:
        raise NotExportable("a model without columns does not know the number of rows")
    first = next(iter(columns.values())).value
    nothing = graph.add("Where", graph.add("IsNaN", first), graph.constant(0.0), graph.constant(0.0))
    return graph.add("Add", nothing, graph.constant(model.outputs[None, :]))


def _linear(graph: Graph, columns: Columns, model: LinearModel) -> str:
    weighted = graph.add("MatMul", scaled(graph, columns, model.columns), graph.constant(model.weights))
    sums = graph.add("Add", weighted, graph.constant(model.offsets[None, :]))
    return class_shares(graph, sums, model.classes, model.outputs) if model.classes else sums


def _booster(graph: Graph, sums: str, outputs: int) -> str:
    return sums if outputs == 1 else class_shares(graph, sums, range(outputs), outputs)


def _lightgbm(graph: Graph, columns: Columns, model: LightgbmModel) -> str:
    return _booster(graph, lightgbm_sums(graph, columns, model), model.outputs)


def _forest(graph: Graph, columns: Columns, model: ForestModel) -> str:
    features = coded(graph, columns, model.codes)
    fills = graph.constant(model.fills[None, :].astype(np.float64))
    filled = graph.add("Where", graph.add("IsNaN", features), fills, features)
    nodes, values = model.nodes, model.nodes.values.astype(np.float64)
    trees, alone = Trees(), values.shape[1] <= 2
    leaves = np.cumsum(nodes.left < 0) - 1
    for number, (start, end) in enumerate(zip(nodes.starts[:-1], nodes.starts[1:], strict=True)):
        part = slice(start, end)
        trees.add_tree(
            nodes.features[part],
            nodes.thresholds[part].astype(np.float64),
            (nodes.left[part], nodes.right[part]),
            values[leaves[part], -1] if alone else leaves[part].astype(np.float64),
            target=0 if alone else number,
        )
    count = len(nodes.starts) - 1
    if alone:
        mean = graph.add("Div", trees.to_graph(graph, filled, 1), graph.constant(float(count)))
        second = [graph.add("Sub", graph.constant(1.0), mean), mean]
        shares = graph.columns(second) if values.shape[1] == 2 else mean
    else:  # A leaf has one value in ONNX, so the trees return leaves, and the shares of classes are looked up.
        reached = graph.cast(trees.to_graph(graph, filled, count), "INT64")
        looked_up = graph.add("Gather", graph.constant(values), reached, axis=0)
        means = graph.add("ReduceMean", looked_up, graph.constant([1], np.int64), keepdims=0)
        shares = graph.shares(means)
    if not model.classes:
        return shares
    return all_classes(graph, shares, model.classes, model.outputs)


_MODELS: Mapping[type[Any], Callable[[Graph, Columns, Any], str]] = {
    PriorModel: _prior,
    LinearModel: _linear,
    LightgbmModel: _lightgbm,
    ForestModel: _forest,
}
