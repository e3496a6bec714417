"""Whether walking trees from elsewhere ends: checks of boosters' files, whose libraries trust them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError

_HEADER_NUMBERS = ("num_class", "num_tree_per_iteration", "max_feature_idx")


def check_lightgbm(text: str, columns: int, sums: int) -> None:
    """Check a LightGBM model in its text format.

    Args:
        text: The model.
        columns: The number of columns that it must take.
        sums: The number of sums that it must return for each row.

    Raises:
        InputError: It is damaged. LightGBM itself would crash or not end.
    """
    try:
        header, *trees = text.split("\nTree=")
        known = _pairs(header)
        given = tuple(int(known[name]) for name in _HEADER_NUMBERS)
        if given != (sums, sums, columns - 1) or len(known["feature_names"].split(" ")) != columns:
            raise ValueError("it takes other columns or returns other numbers than the model that it belongs to")
        if len(known["feature_infos"].split(" ")) != columns or not trees or len(trees) % sums:
            raise ValueError("its header is incomplete")
        _check_sizes(text, [int(size) for size in known.get("tree_sizes", "").split()])
        for number, tree in enumerate(trees):
            index, _, body = tree.partition("\n")
            if int(index) != number:
                raise ValueError("its trees are not in order")
            _check_lightgbm_tree(_pairs(body.split("\nend of trees")[0]), columns)
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        raise InputError(f"a LightGBM model must be whole, but this one is damaged: {error}.") from None


def _pairs(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _check_sizes(text: str, sizes: Sequence[int]) -> None:
    """Check where the trees are said to begin: LightGBM goes there without a look."""
    if not sizes:
        raise ValueError("it does not say how large its trees are")
    content = text.encode()
    position = content.index(b"\nTree=") + 1
    for size in sizes:
        if size <= 0 or content[position : position + 5] != b"Tree=":
            raise ValueError("its trees are not where they are said to be")
        position += size
    if len(sizes) != content.count(b"\nTree="):
        raise ValueError("it has another number of trees than it says")


def _check_lightgbm_tree(tree: Mapping[str, str], columns: int) -> None:
    leaves, sets = int(tree["num_leaves"]), int(tree["num_cat"])
    if int(tree.get("is_linear", 0)) or not 1 <= leaves <= len(tree.get("leaf_value", "")) or sets < 0:
        raise ValueError("a tree is of another kind")
    _numbers(tree, "leaf_value", leaves, np.float64)
    if leaves == 1:
        return
    features = _numbers(tree, "split_feature", leaves - 1)
    thresholds = _numbers(tree, "threshold", leaves - 1, np.float64)
    decisions = _numbers(tree, "decision_type", leaves - 1)
    left, right = (_numbers(tree, f"{side}_child", leaves - 1) for side in ("left", "right"))
    if features.min() < 0 or features.max() >= columns or decisions.min() < 0 or decisions.max() > 15:
        raise ValueError("a tree looks at a column that does not exist")
    check_links(left, right, leaves=leaves)
    chosen = (decisions & 1).astype(bool)
    if chosen.any() or sets:
        bounds = _numbers(tree, "cat_boundaries", sets + 1)
        words = _numbers(tree, "cat_threshold", int(bounds[-1]))
        used = thresholds[chosen]
        if (
            (np.diff(bounds) < 0).any()
            or bounds[0]
            or words.min(initial=0) < 0
            or not ((used >= 0) & (used < sets)).all()
        ):
            raise ValueError("a tree has a set of categories that does not exist")


def _numbers(tree: Mapping[str, str], name: str, count: int, dtype: Any = np.int64) -> np.ndarray:
    values = tree[name].split()
    if len(values) != count:
        raise ValueError(f"{name} has {len(values)} values instead of {count}")
    return np.array(values, dtype=dtype)


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
