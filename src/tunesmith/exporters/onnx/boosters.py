"""Boosted trees as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...families.lightgbm import LightgbmModel
from .columns import Columns, NotExportable
from .encodings import coded
from .graph import Graph
from .trees import Trees


def lightgbm_sums(graph: Graph, columns: Columns, model: LightgbmModel) -> str:
    """Return the sums over the trees, shape `(rows, sums)`."""
    dumped = model.booster.dump_model()
    trees, sums = Trees(), dumped["num_tree_per_iteration"]
    for number, tree in enumerate(dumped["tree_info"]):
        trees.add_root(_lightgbm_node(trees, tree["tree_structure"], number % sums))
    return trees.to_graph(graph, coded(graph, columns, model.codes), sums)


def _lightgbm_node(trees: Trees, node: Mapping[str, Any], target: int) -> int:
    if "leaf_value" in node:
        return trees.add_leaf(node["leaf_value"], target)
    if node["decision_type"] == "==":
        index = trees.add_members(node["split_feature"], [float(code) for code in node["threshold"].split("||")])
    else:
        threshold, missing = node["threshold"], node["missing_type"]
        if missing == "Zero":
            raise NotExportable("LightGBM's zero_as_missing has no equivalent in ONNX")
        missing_true = node["default_left"] if missing == "NaN" else threshold >= 0  # Else LightGBM takes NaN as 0.
        index = trees.add_node(node["split_feature"], threshold, missing_true=missing_true)
    trees.true_children[index] = _lightgbm_node(trees, node["left_child"], target)
    trees.false_children[index] = _lightgbm_node(trees, node["right_child"], target)
    return index


def class_shares(graph: Graph, sums: str, known: Sequence[int], outputs: int) -> str:
    """Return the probabilities of the classes from one sum for each class, or from one for the second of two.

    Args:
        graph: The graph.
        sums: Shape `(rows, classes)`, or `(rows, 1)`.
        known: The indices of the classes of the sums.
        outputs: The number of all classes.
    """
    if len(known) == 2:
        second = graph.add("Sigmoid", sums)
        shares = graph.columns([graph.add("Sub", graph.constant(1.0), second), second])
    else:
        shares = graph.add("Softmax", sums, axis=1)
    return all_classes(graph, shares, known, outputs)


def all_classes(graph: Graph, shares: str, known: Sequence[int], outputs: int) -> str:
    """Return the probabilities of all classes from those of the classes that a model has seen."""
    if list(known) == list(range(outputs)):
        return shares
    place = np.zeros((len(known), outputs))
    place[np.arange(len(known)), list(known)] = 1
    return graph.add("MatMul", shares, graph.constant(place))
