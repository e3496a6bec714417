"""Boosted trees as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from ...families.hist_gradient_boosting import HistGradientBoostingModel
from ...families.lightgbm import LightgbmModel
from ...families.xgboost import XgboostModel
from .columns import Columns, NotExportable
from .encodings import coded, without_gaps
from .graph import Graph
from .trees import LESS, Trees

if TYPE_CHECKING:
    import lightgbm


def lightgbm_sums(graph: Graph, columns: Columns, model: LightgbmModel) -> str:
    """Return the sums over the trees, shape `(rows, sums)`."""
    sums = model.booster.num_model_per_iteration()
    return lightgbm_trees(model.booster).to_graph(graph, coded(graph, columns, model.codes), sums)


def lightgbm_trees(booster: lightgbm.Booster) -> Trees:
    """Return the trees of a booster, which add up to one output for each tree of a round.

    Raises:
        NotExportable: It takes zeros as missing.
    """
    dumped = booster.dump_model()
    trees, sums = Trees(), dumped["num_tree_per_iteration"]
    for number, tree in enumerate(dumped["tree_info"]):
        trees.add_root(_lightgbm_node(trees, tree["tree_structure"], number % sums))
    return trees


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


def xgboost_sums(graph: Graph, columns: Columns, model: XgboostModel) -> str:
    """Return the sums over the trees, shape `(rows, sums)`."""
    learner = orjson.loads(bytes(model.booster.save_raw("json")))["learner"]
    booster = learner["gradient_booster"]
    if booster["name"] != "gbtree":
        raise NotExportable(f"XGBoost's booster {booster['name']} has no equivalent in ONNX")
    trees, groups = Trees(), booster["model"]["tree_info"]
    for tree, group in zip(booster["model"]["trees"], groups, strict=True):
        _add_xgboost_tree(trees, tree, group)
    sums = max(1, int(learner["learner_model_param"]["num_class"]))
    total = trees.to_graph(graph, coded(graph, columns, model.codes), sums)
    return graph.add("Add", total, graph.constant(_base_margins(learner, sums)[None, :]))


def _add_xgboost_tree(trees: Trees, tree: Mapping[str, Any], target: int) -> None:
    """Add a tree; a category in the set of a node goes right, all other values as far as known left."""
    left, right = tree["left_children"], tree["right_children"]
    # JSON has the shortest text that names a single-precision number, which is another double.
    conditions = np.array(tree["split_conditions"], dtype=np.float32).astype(np.float64).tolist()
    ends = accumulate(tree["categories_sizes"])
    segments = zip(tree["categories_nodes"], tree["categories_sizes"], ends, strict=True)
    sets = {node: tree["categories"][end - size : end] for node, size, end in segments}
    children = []
    for node, feature in enumerate(tree["split_indices"]):
        if left[node] < 0:
            children.append(trees.add_leaf(conditions[node], target))
        elif node in sets:
            codes = [float(code) for code in sets[node]]
            children.append(trees.add_members(feature, codes, missing_true=not tree["default_left"][node]))
        else:
            missing_true = bool(tree["default_left"][node])
            children.append(trees.add_node(feature, conditions[node], mode=LESS, missing_true=missing_true))
    for node, index in enumerate(children):
        if left[node] >= 0:
            true, false = (right, left) if node in sets else (left, right)
            trees.true_children[index], trees.false_children[index] = children[true[node]], children[false[node]]
    trees.add_root(children[0])


def _base_margins(learner: Mapping[str, Any], sums: int) -> np.ndarray:
    """Return what XGBoost adds to the sums; shape `(sums,)`."""
    text = learner["learner_model_param"]["base_score"].strip("[]")
    base = np.array([float(value) for value in text.split(",")], dtype=np.float32).astype(np.float64)
    if learner["objective"]["name"] == "binary:logistic":
        base = np.log(base) - np.log1p(-base)
    return np.broadcast_to(base, (sums,))


def histogram_sums(graph: Graph, columns: Columns, model: HistGradientBoostingModel) -> str:
    """Return the sums over the trees, shape `(rows, sums)`."""
    filled = without_gaps(graph, coded(graph, columns, model.codes), model.fills)
    trees = Trees()
    for target, nodes in enumerate(model.sums):
        trees.add_nodes(nodes, nodes.values[:, 0].astype(np.float64), [target] * nodes.count)
    total = trees.to_graph(graph, filled, len(model.sums))
    return graph.add("Add", total, graph.constant(model.offsets[None, :]))


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
