from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith import InputError
from tunesmith.families._nodes import Nodes, rounded_down

STUMPS: dict[str, Any] = {
    "columns": 2,
    "starts": np.array([0, 3, 4]),
    "features": np.array([1, 0, 0, 0], dtype=np.int32),
    "thresholds": np.array([0.5, 0, 0, 0], dtype=np.float32),
    "left": np.array([1, -1, -1, -1], dtype=np.int32),
    "right": np.array([2, -1, -1, -1], dtype=np.int32),
    "values": np.array([[1.0], [2.0], [10.0]], dtype=np.float32),
}
"""Two trees: one looks at the second column, the other at none."""


def test_rows_walk_to_their_leaves() -> None:
    nodes = Nodes(**STUMPS)
    rows = np.array([[9, 0.5], [9, 0.6]], dtype=np.float32)
    np.testing.assert_array_equal(nodes.total(rows), [[11.0], [12.0]])
    np.testing.assert_array_equal(nodes.mean(rows), [[5.5], [6.0]])
    assert nodes.total(rows[:0]).shape == (0, 1)


def test_a_forest_predicts_as_in_scikit_learn() -> None:
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 4)).astype(np.float32)
    classes = (rows[:, 0] * rows[:, 1] > 0) + 2 * (rows[:, 2] > 1)
    forest = RandomForestClassifier(10, random_state=0).fit(rows, classes)
    nodes = Nodes.of([tree.tree_ for tree in forest.estimators_])
    np.testing.assert_allclose(nodes.mean(rows), forest.predict_proba(rows), atol=1e-6)


def test_pseudo_rows_shrink_leaves_towards_the_root() -> None:
    from sklearn.tree import DecisionTreeClassifier

    rows = np.array([[0], [0], [1], [1]], dtype=np.float32)
    tree = DecisionTreeClassifier().fit(rows, [0, 0, 0, 1], sample_weight=[1, 1, 1, 1]).tree_
    np.testing.assert_allclose(Nodes.of([tree], pseudo_rows=2.0).mean(rows[:1]), [[0.875, 0.125]])
    np.testing.assert_allclose(Nodes.of([tree]).mean(rows[:1]), [[1.0, 0.0]])


@pytest.mark.parametrize(
    "changes",
    [
        {"left": np.array([0, -1, -1, -1], dtype=np.int32)},  # An endless loop.
        {"left": np.array([3, -1, -1, -1], dtype=np.int32)},  # Into the next tree.
        {"left": np.array([1 << 30, -1, -1, -1], dtype=np.int32)},
        {"left": np.array([-2, -1, -1, -1], dtype=np.int32)},
        {"right": np.array([-1, -1, -1, -1], dtype=np.int32)},
        {"right": np.array([0, -1, -1, -1], dtype=np.int32)},
        {"features": np.array([2, 0, 0, 0], dtype=np.int32)},
        {"features": np.array([-1, 0, 0, 0], dtype=np.int32)},
        {"features": np.array([1, 0, 0], dtype=np.int32)},
        {"features": np.array([1.0, 0, 0, 0])},
        {"thresholds": np.array([0.5, 0, 0, 0])},
        {"values": np.array([[1.0], [2.0]], dtype=np.float32)},
        {"values": np.array([1.0, 2.0, 3.0], dtype=np.float32)},
        {"values": np.array([[np.nan], [2.0], [3.0]], dtype=np.float32)},
        {"starts": np.array([0, 4])},
        {"starts": np.array([0, 3, 5])},
        {"starts": np.array([0, 5, 4])},
        {"starts": np.array([0, 0, 4])},
        {"starts": np.array([4])},
        {"starts": np.array(3)},
        {"columns": 1},
        {"columns": np.array([[1, 2]])},
        {"more": np.array([1])},
    ],
)
def test_damaged_trees_are_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "trees.npz"
    arrays = {**STUMPS, "columns": np.int64(2), **changes}
    if list(changes) == ["starts"] and len(np.atleast_1d(changes["starts"])) == 2:
        arrays["left"] = np.array([1, 2, 3, 0], dtype=np.int32)
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=r"trees\.npz"):
        Nodes.load(path)


def test_a_file_of_other_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trees.npz"
    for content in (b"", b"PK\x03\x04 but no more", b"\x80\x04]\x94."):
        path.write_bytes(content)
        with pytest.raises(InputError, match="must be readable"):
            Nodes.load(path)
    np.savez(path, starts=np.array([object()]))
    with pytest.raises(InputError, match="must be readable"):
        Nodes.load(path)


def test_trees_that_were_saved_are_accepted(tmp_path: Path) -> None:
    Nodes(**STUMPS).save(tmp_path / "trees.npz")
    loaded = Nodes.load(tmp_path / "trees.npz")
    for name, value in STUMPS.items():
        np.testing.assert_array_equal(getattr(loaded, name), value)


@settings(deadline=None)
@given(st.floats(-(2.0**127), 2.0**127), st.floats(-(2.0**127), 2.0**127, width=32))
def test_a_threshold_rounded_down_decides_alike(threshold: float, value: float) -> None:
    (rounded,) = rounded_down(np.array([threshold]))
    assert (np.float32(value) <= rounded) == (value <= threshold)
