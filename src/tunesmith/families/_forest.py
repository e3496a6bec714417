"""A forest of scikit-learn's trees as a trained model, stored as arrays: small, fast to load, and without pickle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import orjson

from ..core.arrays import Floats, Singles
from ._codes import ColumnCodes
from .base import TrainingPart

if TYPE_CHECKING:
    import pandas as pd

_NODE_FIELDS = {"feature": np.int32, "threshold": np.float64, "left_child": np.int32, "right_child": np.int32}


@dataclass(frozen=True, kw_only=True)
class ForestModel:
    """The mean of trees on encoded columns.

    Args:
        codes: Encodes the columns.
        medians: Replace missing values, shape `(columns,)`.
        trees: The trees of scikit-learn, each with a value or class shares for each leaf.
        outputs: The number of columns of a prediction.
        classes: The indices of the classes of the training rows; empty for numbers.
    """

    codes: ColumnCodes
    medians: Singles
    trees: Sequence[Any]
    outputs: int
    classes: tuple[int, ...] = ()

    @classmethod
    def fit(cls, part: TrainingPart, forest: Any) -> Self:
        """Return the model of an unfitted scikit-learn forest, trained on a part."""
        codes = ColumnCodes.of(part.features)
        encoded = codes.transform(part.features)
        medians = np.array([np.nanmedian(c) if np.isfinite(c).any() else 0.0 for c in encoded.T], dtype=np.float32)
        forest.fit(_filled(encoded, medians), part.target, sample_weight=part.weight)
        classes = tuple(int(index) for index in forest.classes_) if part.problem.is_classification else ()
        trees = [tree.tree_ for tree in forest.estimators_]
        return cls(codes=codes, medians=medians, trees=trees, outputs=part.problem.outputs, classes=classes)

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        encoded = _filled(self.codes.transform(features), self.medians)
        total = sum(tree.predict(encoded) for tree in self.trees)
        means = np.asarray(total).reshape(len(features), -1) / len(self.trees)
        if not self.classes:
            return means
        predictions = np.zeros((len(features), self.outputs))
        predictions[:, list(self.classes)] = means
        return predictions

    def save(self, folder: Path) -> None:
        """Write it to a folder: the trees as arrays, and the encoding as JSON."""
        states = [tree.__getstate__() for tree in self.trees]
        arrays: dict[str, Any] = {
            name: np.concatenate([state["nodes"][name] for state in states]).astype(kind)
            for name, kind in _NODE_FIELDS.items()
        }
        values = np.concatenate([state["values"][:, 0, :] for state in states])
        np.savez(
            folder / "trees.npz",
            nodes=np.array([state["node_count"] for state in states]),
            depths=np.array([state["max_depth"] for state in states]),
            values=values,
            medians=self.medians,
            **arrays,
        )
        table = {**self.codes.to_table(), "outputs": self.outputs, "classes": list(self.classes)}
        (folder / "codes.json").write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        from sklearn.tree._tree import NODE_DTYPE, Tree

        table = orjson.loads((folder / "codes.json").read_bytes())
        outputs, classes = table.pop("outputs"), tuple(table.pop("classes"))
        codes = ColumnCodes(**table)
        with np.load(folder / "trees.npz", allow_pickle=False) as arrays:
            stored = dict(arrays)
        counts = np.full(1, max(len(classes), 1), dtype=np.intp)
        trees, end = [], 0
        for count, depth in zip(stored["nodes"], stored["depths"], strict=True):
            start, end = end, end + int(count)
            nodes = np.zeros(int(count), dtype=NODE_DTYPE)
            for name in _NODE_FIELDS:
                nodes[name] = stored[name][start:end]
            tree = Tree(len(codes.columns), counts, 1)
            values = np.ascontiguousarray(stored["values"][start:end][:, None, :])
            tree.__setstate__({"max_depth": int(depth), "node_count": int(count), "nodes": nodes, "values": values})
            trees.append(tree)
        return cls(codes=codes, medians=stored["medians"], trees=trees, outputs=outputs, classes=classes)


def _filled(encoded: Singles, medians: Singles) -> Singles:
    """Return the columns with their medians where they are missing."""
    filled: Singles = np.where(np.isnan(encoded), medians, encoded)
    return filled
