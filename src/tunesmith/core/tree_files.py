"""Checks of boosters' files: LightGBM and XGBoost trust them, and a damaged tree may never end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError

_HEADER = ("num_class", "num_tree_per_iteration", "max_feature_idx")
_OBJECTIVES = re.compile(r"binary sigmoid:1|multiclass num_class:\d{1,9}|regression|regression_l1")
_INFO = re.compile(r"none|\[[-+.\d:einfa]+\]|-?\d[-\d:]*")
_NUMBERS = re.compile(r"[-+.\deinfa ]*")
_PER_NODE = (
    "split_feature",
    "split_gain",
    "threshold",
    "decision_type",
    "left_child",
    "right_child",
    "internal_value",
    "internal_weight",
    "internal_count",
)
_PER_LEAF = ("leaf_value", "leaf_weight", "leaf_count")
_WHOLE = {"split_feature", "decision_type", "left_child", "right_child", "internal_count", "leaf_count"}


def checked_lightgbm(text: str, columns: int | None, sums: int) -> str:
    """Return a LightGBM model in its text format, written anew from what was checked.

    LightGBM ends the process, or does not end, where it does not understand a model.

    Args:
        text: The model.
        columns: The number of columns that it must take; None for those that it names.
        sums: The number of sums that it must return for each row.

    Raises:
        InputError: It is damaged.
    """
    try:
        header, *trees = text.split("\nTree=")
        known = _pairs(header)
        columns = int(known["max_feature_idx"]) + 1 if columns is None else columns
        if tuple(int(known[name]) for name in _HEADER) != (sums, sums, columns - 1):
            raise ValueError("it takes other columns, or returns other numbers, than the model that it belongs to")
        infos, objective = known["feature_infos"].split(" "), known["objective"]
        if len(infos) != columns or not all(map(_INFO.fullmatch, infos)) or not trees or len(trees) % sums:
            raise ValueError("its header is incomplete")
        if not _OBJECTIVES.fullmatch(objective):
            raise ValueError("its objective is none of ours")
        bodies = [
            f"Tree={number}\n{_checked_tree(_pairs(tree.partition('end of trees')[0]), columns)}\n\n\n"
            for number, tree in enumerate(trees)
        ]
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        raise InputError(f"a LightGBM model must be whole, but this one is damaged: {error}.") from None
    lines = {
        "version": "v4",
        **{name: known[name] for name in _HEADER[:2]},
        "label_index": 0,
        "max_feature_idx": columns - 1,
        "objective": objective,
        "feature_names": " ".join(f"Column_{index}" for index in range(columns)),
        "feature_infos": known["feature_infos"],
        "tree_sizes": " ".join(str(len(body)) for body in bodies),
    }
    head = "".join(f"{name}={value}\n" for name, value in lines.items())
    return f"tree\n{head}\n{''.join(bodies)}end of trees\n"


def _pairs(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _checked_tree(tree: Mapping[str, str], columns: int) -> str:
    """Return the lines of a tree."""
    leaves, sets = int(tree["num_leaves"]), int(tree["num_cat"])
    if not 1 <= leaves <= len(tree["leaf_value"]) or sets < 0 or int(tree.get("is_linear", 0)):
        raise ValueError("a tree is of another kind")
    counts = dict.fromkeys(_PER_LEAF, leaves)
    if leaves > 1:
        counts |= dict.fromkeys(_PER_NODE, leaves - 1)
    if sets:
        counts |= {"cat_boundaries": sets + 1, "cat_threshold": len(tree["cat_threshold"].split())}
    arrays = {name: _numbers(tree[name], name, count) for name, count in counts.items() if tree.get(name)}
    if not np.isfinite(arrays["leaf_value"]).all():
        raise ValueError("a leaf has no number")
    if leaves > 1:
        _check_splits(arrays, columns, leaves, sets)
    shrinkage = _numbers(tree.get("shrinkage", "1"), "shrinkage", 1)[0]
    kept = {"num_leaves": leaves, "num_cat": sets, **{name: tree[name] for name in arrays}}
    return "\n".join(f"{name}={value}" for name, value in {**kept, "is_linear": 0, "shrinkage": shrinkage}.items())


def _check_splits(arrays: Mapping[str, np.ndarray], columns: int, leaves: int, sets: int) -> None:
    features, decisions, thresholds = arrays["split_feature"], arrays["decision_type"], arrays["threshold"]
    if features.min() < 0 or features.max() >= columns or decisions.min() < 0 or decisions.max() > 15:
        raise ValueError("a tree looks at a column that does not exist")
    check_links(arrays["left_child"], arrays["right_child"], leaves=leaves)
    chosen = thresholds[(decisions & 1).astype(bool)]
    if not ((chosen >= 0) & (chosen < sets)).all():
        raise ValueError("a tree has a set of categories that does not exist")
    if sets:
        bounds, words = (arrays[name].astype(np.int64) for name in ("cat_boundaries", "cat_threshold"))
        if bounds[0] or bounds[-1] != len(words) or (np.diff(bounds) < 0).any() or words.min() < 0:
            raise ValueError("a tree has a set of categories that does not exist")


def _numbers(text: str, name: str, count: int) -> np.ndarray:
    values = text.split()
    if len(values) != count or not _NUMBERS.fullmatch(text):
        raise ValueError(f"{name} has {len(values)} values instead of {count}, or something else than numbers")
    return np.array(values, dtype=np.int64 if name in _WHOLE else np.float64)


def check_links(left: np.ndarray, right: np.ndarray, *, leaves: int) -> None:
    """Check that each way from node 0 ends in a leaf.

    As each node has one parent and node 0 none, no way from node 0 comes back to where it was.

    Args:
        left: The child of each node where its comparison holds: an index, or `~leaf`; shape `(nodes,)`.
        right: The other child, shape `(nodes,)`.
        leaves: The number of leaves.

    Raises:
        ValueError: A child does not exist, or has several parents.
    """
    children = np.concatenate([left, right])
    inner = children[children >= 0]
    if children.min() < -leaves or children.max() >= len(left):
        raise ValueError("a node has a child that does not exist")
    if (inner == 0).any() or len(np.unique(inner)) < len(inner):
        raise ValueError("a node is its own ancestor")


def check_xgboost(learner: Mapping[str, Any], columns: int, sums: int) -> None:
    """Check an XGBoost model, read from its JSON.

    Args:
        learner: The entry `learner`.
        columns: The number of columns that it must take.
        sums: The number of sums that it must return for each row.

    Raises:
        InputError: It is damaged.
    """
    try:
        parameters, booster = learner["learner_model_param"], learner["gradient_booster"]
        if booster["name"] != "gbtree" or int(parameters["num_feature"]) != columns:
            raise ValueError("it takes other columns than the model that it belongs to")
        groups, trees = booster["model"]["tree_info"], booster["model"]["trees"]
        if max(1, int(parameters["num_class"])) != sums or len(groups) != len(trees):
            raise ValueError("it returns other numbers than the model that it belongs to")
        if not set(groups) <= set(range(sums)):
            raise ValueError("a tree belongs to a sum that does not exist")
        for tree in trees:
            _check_xgboost_tree(tree, columns)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError) as error:
        raise InputError(f"an XGBoost model must be whole, but this one is damaged: {error}.") from None


def _check_xgboost_tree(tree: Mapping[str, Any], columns: int) -> None:
    names = ("left_children", "right_children", "split_indices", "split_conditions", "default_left", "split_type")
    arrays = {name: np.asarray(tree[name]) for name in (*names, "parents", "base_weights")}
    left, right, features = (arrays[name].astype(np.int64) for name in names[:3])
    nodes = len(left)
    if not nodes or any(array.shape != (nodes,) for array in arrays.values()):
        raise ValueError("a tree is incomplete")
    leaf = left < 0
    if (left[leaf] != -1).any() or (right[leaf] != -1).any() or (right[~leaf] < 0).any():
        raise ValueError("a node has one child")
    check_links(left, right, leaves=1)
    if features.min() < 0 or features.max() >= columns:
        raise ValueError("a tree looks at a column that does not exist")
    starts, sizes, owners, codes = (
        np.asarray(tree[f"categories{part}"], dtype=np.int64) for part in ("_segments", "_sizes", "_nodes", "")
    )
    if not len(starts) == len(sizes) == len(owners) or sizes.sum() != len(codes) or codes.min(initial=0) < 0:
        raise ValueError("a tree has a set of categories that does not exist")
    if (np.r_[0, np.cumsum(sizes)][:-1] != starts).any() or owners.min(initial=0) < 0 or owners.max(initial=0) >= nodes:
        raise ValueError("a tree has a set of categories that does not exist")
