"""Trained models as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...families._codes import ColumnCodes
from ...families._forest import ForestModel
from ...families.base import Model
from ...families.lightgbm import LightgbmModel
from ...families.prior import PriorModel
from .columns import Columns, NotExportable
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
        raise NotExportable("a table without columns")
    first = next(iter(columns.values())).value
    nothing = graph.add("Where", graph.add("IsNaN", first), graph.constant(0.0), graph.constant(0.0))
    return graph.add("Add", nothing, graph.constant(model.outputs[None, :]))


def _lightgbm(graph: Graph, columns: Columns, model: LightgbmModel) -> str:
    dumped = model.booster.dump_model()
    trees, per_round = Trees(), dumped["num_tree_per_iteration"]
    for number, tree in enumerate(dumped["tree_info"]):
        trees.add_root(_lightgbm_node(trees, tree["tree_structure"], number % per_round))
    raw = trees.to_graph(graph, _codes(graph, columns, model.codes), per_round)
    objective = dumped.get("objective", "").split(" ")[0]
    if objective == "binary":
        return both_classes(graph, graph.add("Sigmoid", raw))
    if objective == "multiclass":
        return graph.add("Softmax", raw, axis=1)
    if objective in ("regression", "regression_l1", "huber", "quantile", "fair", "mape"):
        return raw
    raise NotExportable(f"the LightGBM objective {objective} has no equivalent in ONNX")


def _lightgbm_node(trees: Trees, node: Mapping[str, Any], target: int) -> int:
    if "leaf_value" in node:
        return trees.add_leaf(node["leaf_value"], target)
    if node["decision_type"] == "==":
        index = trees.add_members(node["split_feature"], [float(code) for code in node["threshold"].split("||")])
    else:
        threshold, missing = node["threshold"], node["missing_type"]
        if missing == "Zero":
            raise NotExportable("LightGBM with zero_as_missing has no equivalent in ONNX")
        missing_true = node["default_left"] if missing == "NaN" else threshold >= 0  # Else LightGBM takes NaN as 0.
        index = trees.add_node(node["split_feature"], threshold, missing_true=missing_true)
    trees.true_children[index] = _lightgbm_node(trees, node["left_child"], target)
    trees.false_children[index] = _lightgbm_node(trees, node["right_child"], target)
    return index


def _forest(graph: Graph, columns: Columns, model: ForestModel) -> str:
    features = _codes(graph, columns, model.codes)
    medians = graph.constant(model.medians[None, :].astype(np.float64))
    filled = graph.add("Where", graph.add("IsNaN", features), medians, features)
    states = [tree.__getstate__() for tree in model.trees]
    values = np.concatenate([state["values"][:, 0, :] for state in states])
    trees, start = Trees(), 0
    single = values.shape[1] < 3
    for number, state in enumerate(states):
        nodes = state["nodes"]
        indices = np.arange(start, start + len(nodes))
        leaf_values = values[indices, -1] if single else indices.astype(np.float64)
        trees.add_tree(
            nodes["feature"],
            nodes["threshold"],
            (nodes["left_child"], nodes["right_child"]),
            leaf_values,
            target=0 if single else number,
        )
        start += len(nodes)
    if single:
        mean = graph.add("Div", trees.to_graph(graph, filled, 1), graph.constant(float(len(states))))
        shares = mean if len(model.classes) != 2 else both_classes(graph, mean)
    else:  # A leaf has one value in ONNX, so the trees return the leaves, and the shares of classes are looked up.
        leaves = graph.cast(trees.to_graph(graph, filled, len(states)), "INT64")
        looked_up = graph.add("Gather", graph.constant(values), leaves, axis=0)
        shares = graph.add("ReduceMean", looked_up, graph.constant([1], np.int64), keepdims=0)
    return all_classes(graph, shares, model.classes, model.outputs) if model.classes else shares


def _codes(graph: Graph, columns: Columns, codes: ColumnCodes) -> str:
    """Return numbers and codes of categories in single precision, shape `(rows, columns)`."""
    values = []
    for name in codes.columns:
        column = columns[name]
        expected = tuple(codes.categories.get(name, ()))
        if column.categories != expected:
            raise NotExportable(f"the categories of column {name} changed in the recipe")
        values.append(column.value)
    return graph.single(graph.columns(values))


def both_classes(graph: Graph, second: str) -> str:
    """Return the probabilities of two classes from that of the second."""
    return graph.columns([graph.add("Sub", graph.constant(1.0), second), second])


def all_classes(graph: Graph, shares: str, known: Sequence[int], outputs: int) -> str:
    """Return the probabilities of all classes from those of the classes that a model has seen."""
    if list(known) == list(range(outputs)):
        return shares
    place = np.zeros((len(known), outputs))
    place[np.arange(len(known)), list(known)] = 1
    return graph.add("MatMul", shares, graph.constant(place))


_MODELS: Mapping[type[Any], Callable[[Graph, Columns, Any], str]] = {
    PriorModel: _prior,
    LightgbmModel: _lightgbm,
    ForestModel: _forest,
}
