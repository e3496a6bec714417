"""A forest of scikit-learn's trees as a trained model, stored as arrays: small, fast to load, and without pickle."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..core.arrays import Floats, Singles
from ..core.trial import Value
from ..data.problem import Problem
from ..errors import InputError
from ._codes import ColumnCodes, fill_gaps, gap_fills
from ._nodes import Nodes
from .base import TrainingPart

if TYPE_CHECKING:
    import pandas as pd

_MOST_BYTES = 1e9
_TIMES_IN_MEAN = 2  # As many trees as one model has are kept of several together.
_BATCHES = 10
_PER_TREE = 1e-3  # Seconds.
_PER_ROW = 4e-8  # Seconds for each level.
_PER_CLASS = 2e-8  # Seconds for each leaf.


@dataclass(frozen=True, kw_only=True)
class ForestModel:
    """The mean of trees on encoded columns.

    Args:
        codes: Encodes the columns.
        fills: Replace missing values, shape `(columns,)`.
        nodes: The trees, with a number or class shares for each leaf.
        outputs: The number of columns of a prediction.
        classes: The indices of the classes of the training rows; empty for numbers.
        grown: The number of trees that were trained, which may be more than are kept.
    """

    codes: ColumnCodes
    fills: Singles
    nodes: Nodes
    outputs: int
    classes: tuple[int, ...] = ()
    grown: int = 1

    @classmethod
    def fit(cls, part: TrainingPart, forest: Any, pseudo_rows: float = 0.0) -> Self:
        """Return the model of an unfitted scikit-learn forest or tree, trained on a part until its deadline.

        Args:
            part: The rows to train on.
            forest: The estimator.
            pseudo_rows: See `Nodes.of`.
        """
        codes = ColumnCodes.of(part.features)
        encoded = codes.transform(part.features)
        fills = gap_fills(encoded, codes)
        trees = _grow(part, forest, fill_gaps(encoded, fills))
        classes = tuple(int(index) for index in forest.classes_) if part.problem.is_classification else ()
        nodes = Nodes.of(trees, pseudo_rows)
        return cls(
            codes=codes,
            fills=fills,
            nodes=nodes,
            outputs=part.problem.outputs,
            classes=classes,
            grown=nodes.count,
        )

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        means = self.nodes.mean(fill_gaps(self.codes.transform(features), self.fills))
        if not self.classes:
            return means
        predictions = np.zeros((len(features), self.outputs))
        predictions[:, list(self.classes)] = means / means.sum(axis=1, keepdims=True)
        return predictions

    def in_mean_of(self, models: int) -> Self:
        """Return the model for the mean of several alike, which needs fewer trees of each.

        The mean has twice as many trees as the model that was scored. On three open tables the loss on test rows was
        higher by 0, 0.1 and 1 % than with all trees of five models; predictions took 40 % of the time.
        """
        return replace(self, nodes=self.nodes.first(_trees_in_mean(self.nodes.count, models)))

    @staticmethod
    def share_in_mean(parameters: Mapping[str, Value], models: int) -> float:
        """Return the share of the trees that `in_mean_of` keeps, above 0, at most 1."""
        trees = int(parameters.get("trees", 1))
        return _trees_in_mean(trees, models) / trees

    def save(self, folder: Path) -> None:
        """Write it to a folder: the trees as arrays, and the encoding as JSON."""
        self.nodes.save(folder / "trees.npz")
        np.save(folder / "fills.npy", self.fills)
        self.codes.save(folder, outputs=self.outputs, classes=list(self.classes), grown=self.grown)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: A file is damaged.
        """
        codes, facts = ColumnCodes.load(folder)
        outputs, classes = facts["outputs"], tuple(facts["classes"])
        nodes = Nodes.load(folder / "trees.npz")
        fills = np.load(folder / "fills.npy", allow_pickle=False)
        if not nodes.columns == len(codes.columns) == len(fills) or nodes.values.shape[1] != (len(classes) or 1):
            raise InputError(f"the files of a model must belong together, but those in {folder} differ in size.")
        grown = facts.get("grown", nodes.count)
        return cls(codes=codes, fills=fills, nodes=nodes, outputs=outputs, classes=classes, grown=grown)


def _trees_in_mean(trees: int, models: int) -> int:
    """Return how many trees of each are kept in the mean of several forests."""
    return min(trees, math.ceil(_TIMES_IN_MEAN * trees / models))


def _grow(part: TrainingPart, forest: Any, filled: Singles) -> list[Any]:
    """Fit a forest, in batches of trees if there is a deadline, and return its trees; a single tree at once."""
    wanted = forest.get_params().get("n_estimators")
    if wanted is None:
        return [forest.fit(filled, part.target, sample_weight=part.weight).tree_]
    grown, batch, started = 0, 1, time.monotonic()
    while grown < wanted and batch > 0:
        grown = min(wanted, grown + batch)
        forest.set_params(n_estimators=grown, warm_start=True)
        forest.fit(filled, part.target, sample_weight=part.weight)
        # The first tree shows how much memory and time one takes.
        tree = forest.estimators_[-1].tree_
        wanted = min(wanted, max(1, int(_MOST_BYTES // (tree.node_count * 8 * (8 + tree.max_n_classes)))))
        batch = max(1, wanted // _BATCHES)
        if part.deadline is not None:
            now = time.monotonic()
            batch = min(batch, int((part.deadline - now) / (now - started) * grown))
    return [estimator.tree_ for estimator in forest.estimators_]


def forest_seconds(
    rows: float, columns: int, problem: Problem, parameters: Mapping[str, Value], *, per_cell: float
) -> float:
    """Return an estimate of the processor seconds of one fit; `benchmarks.families` measures it.

    Args:
        rows: The number of rows that each tree sees.
        columns: The number of columns.
        problem: What is predicted.
        parameters: `trees`, `max_features`, `min_samples_leaf` and perhaps `max_leaf_nodes`.
        per_cell: Seconds for each value that a level of a tree looks at.
    """
    leaves = min(rows / float(parameters["min_samples_leaf"]), float(parameters.get("max_leaf_nodes", rows)))
    tried = max(1.0, columns * float(parameters["max_features"]))
    a_tree = _PER_TREE + (_PER_ROW + per_cell * tried) * rows * math.log2(leaves + 2)
    return 1e-2 + float(parameters["trees"]) * (a_tree + _PER_CLASS * leaves * problem.outputs)
