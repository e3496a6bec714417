"""Decision trees of any library as one node of an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...families._nodes import Nodes
from .graph import Graph

LESS_OR_EQUAL, LESS, EQUAL, MEMBER = 0, 1, 4, 6


@dataclass
class Trees:
    """Decision trees, to which nodes and leaves are added; predictions are sums over all trees.

    A child is the index of a node, or `~leaf` for the index of a leaf.
    """

    features: list[int] = field(default_factory=list)
    thresholds: list[float] = field(default_factory=list)
    modes: list[int] = field(default_factory=list)
    true_children: list[int] = field(default_factory=list)
    false_children: list[int] = field(default_factory=list)
    missing_true: list[int] = field(default_factory=list)
    members: list[float] = field(default_factory=list)
    leaf_values: list[float] = field(default_factory=list)
    leaf_targets: list[int] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)

    def add_leaf(self, value: float, target: int = 0) -> int:
        """Add a leaf, which adds `value` to an output, and return it as a child."""
        self.leaf_values.append(value)
        self.leaf_targets.append(target)
        return ~(len(self.leaf_values) - 1)

    def add_node(self, feature: int, threshold: float, *, mode: int = LESS_OR_EQUAL, missing_true: bool = False) -> int:
        """Add a node without its children, and return its index.

        Args:
            feature: The index of the column.
            threshold: What it is compared to.
            mode: The comparison.
            missing_true: Whether NaN goes to the child where the comparison holds.
        """
        self.features.append(feature)
        self.thresholds.append(threshold)
        self.modes.append(mode)
        self.missing_true.append(int(missing_true))
        self.true_children.append(0)
        self.false_children.append(0)
        return len(self.features) - 1

    def add_members(self, feature: int, codes: Sequence[float], *, missing_true: bool = False) -> int:
        """Add a node that asks whether a value is one of some codes, and return its index."""
        self.members += [*codes, np.nan]
        return self.add_node(feature, 0.0, mode=MEMBER, missing_true=missing_true)

    def add_nodes(self, nodes: Nodes, leaf_values: np.ndarray, targets: Sequence[int]) -> None:
        """Add whole trees.

        Args:
            nodes: The trees.
            leaf_values: What each leaf adds to an output, shape `(leaves,)`.
            targets: The index of the output of each tree.
        """
        leaf = nodes.left < 0
        counts = np.diff(nodes.starts)
        first = np.repeat(nodes.starts[:-1], counts)  # Children are positions within their tree.
        leaves = len(self.leaf_values) + np.cumsum(leaf) - 1
        index = np.where(leaf, ~leaves, len(self.features) + np.cumsum(~leaf) - 1)
        self.features += nodes.features[~leaf].tolist()
        self.thresholds += nodes.thresholds[~leaf].astype(np.float64).tolist()
        self.true_children += index[(first + nodes.left)[~leaf]].tolist()
        self.false_children += index[(first + nodes.right)[~leaf]].tolist()
        self.modes += [LESS_OR_EQUAL] * int((~leaf).sum())
        self.missing_true += [0] * int((~leaf).sum())
        self.leaf_values += leaf_values.tolist()
        self.leaf_targets += np.repeat(np.array(targets), counts)[leaf].tolist()
        for root in index[nodes.starts[:-1]].tolist():
            self.add_root(root)

    def add_root(self, child: int) -> None:
        """Make a node, or a leaf, the root of a tree."""
        if child < 0:
            node = self.add_node(0, 0.0)
            self.true_children[node] = self.false_children[node] = child
            child = node
        self.roots.append(child)

    def to_graph(self, graph: Graph, features: str, outputs: int) -> str:
        """Add the node to a graph, and return the sums over the trees, shape `(rows, outputs)`.

        Args:
            graph: The graph.
            features: The columns, shape `(rows, columns)`.
            outputs: The number of outputs.
        """
        true, false = np.array(self.true_children), np.array(self.false_children)
        attributes: dict[str, Any] = {}
        if self.members:
            attributes["membership_values"] = np.array(self.members)
        return graph.add(
            "ml.TreeEnsemble",
            features,
            n_targets=outputs,
            aggregate_function=1,
            post_transform=0,
            tree_roots=self.roots,
            nodes_featureids=self.features,
            nodes_splits=np.array(self.thresholds),
            nodes_modes=np.array(self.modes, dtype=np.uint8),
            nodes_truenodeids=np.where(true < 0, ~true, true).tolist(),
            nodes_falsenodeids=np.where(false < 0, ~false, false).tolist(),
            nodes_trueleafs=(true < 0).astype(int).tolist(),
            nodes_falseleafs=(false < 0).astype(int).tolist(),
            nodes_missing_value_tracks_true=self.missing_true,
            leaf_targetids=self.leaf_targets,
            leaf_weights=np.array(self.leaf_values),
            **attributes,
        )
