"""The nodes of many trees as flat arrays: small on disk, fast to load, and checked before they are walked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..core.arrays import Floats, Singles
from ..errors import InputError, message_of

_KINDS = {"starts": "int64", "features": "int32", "thresholds": "float32", "left": "int32", "right": "int32"}
_CHUNK_ROWS = 4096


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """Binary trees on single-precision columns without missing values, one after the other.

    A row goes to the left child where its value is at most the threshold. A child is the position of a node within its
    tree, always behind its parent; -1 at a leaf.

    Args:
        columns: The number of columns that a row has.
        starts: Where each tree begins, and where the last one ends; shape `(trees + 1,)`.
        features: The column that each node looks at, shape `(nodes,)`.
        thresholds: Shape `(nodes,)`.
        left: Shape `(nodes,)`.
        right: Shape `(nodes,)`.
        values: What each leaf predicts, in the order of the leaves among the nodes; shape `(leaves, outputs)`.
    """

    columns: int
    starts: np.ndarray
    features: np.ndarray
    thresholds: np.ndarray
    left: np.ndarray
    right: np.ndarray
    values: Singles

    @classmethod
    def of(cls, trees: Sequence[Any], pseudo_rows: float = 0.0) -> Self:
        """Return the nodes of scikit-learn's trees.

        Thresholds are rounded down to single precision, which changes no decision about a single-precision value.

        Args:
            trees: At least one.
            pseudo_rows: Shrinks each leaf towards its root as if so many rows of the root's mean fell into it.
        """
        states = [tree.__getstate__() for tree in trees]
        joined = {name: np.concatenate([s["nodes"][name] for s in states]) for name in states[0]["nodes"].dtype.names}
        leaves = joined["left_child"] < 0
        values = np.concatenate([_shrunk(state, pseudo_rows) for state in states])
        return cls(
            columns=trees[0].n_features,
            starts=np.cumsum([0, *(state["node_count"] for state in states)], dtype=np.int64),
            features=np.where(leaves, 0, joined["feature"]).astype(np.int32),
            thresholds=np.where(leaves, np.float32(0), rounded_down(joined["threshold"])),
            left=joined["left_child"].astype(np.int32),
            right=joined["right_child"].astype(np.int32),
            values=values[leaves].astype(np.float32),
        )

    def total(self, rows: Singles) -> Floats:
        """Return the sum of the trees' predictions, shape `(rows, outputs)`.

        Args:
            rows: Shape `(rows, columns)`.
        """
        total = np.zeros((len(rows), self.values.shape[1]))
        for start in range(0, len(rows), _CHUNK_ROWS):  # So that a tree's nodes and the rows stay in the cache.
            chunk = np.ascontiguousarray(rows[start : start + _CHUNK_ROWS])
            for tree, first, leaf in self._walkers:
                total[start : start + len(chunk)] += self.values[leaf[first + tree.apply(chunk)]]
        return total

    def mean(self, rows: Singles) -> Floats:
        """Return the mean of the trees' predictions, shape `(rows, outputs)`."""
        means: Floats = self.total(rows) / self.count
        return means

    def first(self, count: int) -> Self:
        """Return the first trees, all if there are fewer."""
        trees = min(count, self.count)
        nodes = int(self.starts[trees])
        leaves = int((self.left[:nodes] < 0).sum())
        kept = {name: getattr(self, name)[:nodes] for name in ("features", "thresholds", "left", "right")}
        return replace(self, starts=self.starts[: trees + 1], values=self.values[:leaves], **kept)

    @property
    def count(self) -> int:
        """The number of trees."""
        return len(self.starts) - 1

    @cached_property
    def _walkers(self) -> list[tuple[Any, int, np.ndarray]]:
        """For each tree scikit-learn's own, where it begins, and the index of the leaf that each node is."""
        from sklearn.tree._tree import NODE_DTYPE, Tree

        leaf = np.cumsum(self.left < 0) - 1
        nodes = np.zeros(len(self.features), dtype=NODE_DTYPE)
        for name, values in zip(("left_child", "right_child"), (self.left, self.right), strict=True):
            nodes[name] = values
        nodes["feature"], nodes["threshold"] = self.features, self.thresholds
        walkers = []
        for start, end in zip(self.starts[:-1], self.starts[1:], strict=True):
            tree = Tree(self.columns, np.ones(1, dtype=np.intp), 1)
            count = int(end - start)
            values = np.zeros((count, 1, 1))
            tree.__setstate__({"max_depth": 1, "node_count": count, "nodes": nodes[start:end], "values": values})
            walkers.append((tree, int(start), leaf))
        return walkers

    def save(self, path: Path) -> None:
        """Write it to a file of arrays."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in _KINDS}
        np.savez(path, columns=np.int64(self.columns), values=self.values, **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the nodes that `save` wrote.

        Raises:
            InputError: The file holds no trees: walking them would end nowhere.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = dict(stored)
            nodes = cls(**{**arrays, "columns": int(arrays["columns"])})
            sound = nodes._is_sound()
        except Exception as error:
            raise InputError(f"a model's trees must be readable, but {path} is not: {message_of(error)}") from None
        if not sound:
            raise InputError(f"the trees of a model must be whole, but {path} is damaged. Train the model again.")
        return nodes

    def _is_sound(self) -> bool:
        """Whether every row reaches a leaf: types and shapes fit, and children lie behind their parents."""
        arrays = {name: getattr(self, name) for name in _KINDS}
        if any(array.dtype != _KINDS[name] or array.ndim != 1 for name, array in arrays.items()):
            return False
        nodes, counts = len(self.features), np.diff(self.starts)
        leaves = self.left < 0
        if not (
            all(len(arrays[name]) == nodes for name in ("thresholds", "left", "right"))
            and len(counts) > 0
            and self.starts[0] == 0
            and self.starts[-1] == nodes
            and (counts > 0).all()
            and self.values.dtype == "float32"
            and self.values.ndim == 2
            and len(self.values) == leaves.sum()
            and np.isfinite(self.values).all()
        ):
            return False
        own = np.arange(nodes) - np.repeat(self.starts[:-1], counts)
        ends = np.repeat(counts, counts)
        behind = [(child > own) & (child < ends) for child in (self.left, self.right)]
        known = (self.features >= 0) & (self.features < self.columns)
        return bool((leaves | (behind[0] & behind[1] & known)).all() and (self.left >= -1).all())


def _shrunk(state: Any, pseudo_rows: float) -> Floats:
    """Return the values of a tree's nodes, shrunk towards that of its root; shape `(nodes, outputs)`."""
    values: Floats = state["values"][:, 0, :]
    weight = state["nodes"]["n_node_samples"][:, None]
    shrunk: Floats = (weight * values + pseudo_rows * values[0]) / (weight + pseudo_rows)
    return shrunk if pseudo_rows else values


def rounded_down(thresholds: Floats) -> Singles:
    """Return the largest single-precision number that is at most each number."""
    nearest = thresholds.astype(np.float32)
    lower: Singles = np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)
    return lower
