"""Nearest neighbours (Cover and Hart 1967) on scaled columns, with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import orjson

from ..core.arrays import Floats, Singles
from ..core.parameters import Choice, Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ..errors import InputError
from ._scaled import ScaledColumns, dense
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import pandas as pd

_PRIOR_WEIGHT = 0.5  # Of the mean of all rows beside the neighbours, so that no class is impossible.
_SHORTEST = 1e-9
_MOST_LEVELS = 30


@dataclass(frozen=True, kw_only=True)
class KnnModel:
    """The training rows.

    Args:
        columns: Encodes the columns.
        rows: The encoded training rows, shape `(rows, encoded columns)`.
        outputs: The class shares or the number of each, shape `(rows, outputs)`.
        weight: The weight of each, shape `(rows,)`.
        neighbors: The number of neighbours.
        by_distance: Whether near neighbours count more.
    """

    columns: ScaledColumns
    rows: Singles
    outputs: Floats
    weight: Floats
    neighbors: int
    by_distance: bool

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        distances, nearest = self._search.kneighbors(dense(self.columns.transform(features)))
        weight = self.weight[nearest]
        if self.by_distance:
            weight = weight / (distances / np.maximum(distances.mean(axis=1, keepdims=True), _SHORTEST) + 0.1)
        sums = np.einsum("ij,ijk->ik", weight, self.outputs[nearest])
        total = weight.sum(axis=1, keepdims=True)
        pseudo = _PRIOR_WEIGHT * total / nearest.shape[1]
        prior = np.average(self.outputs, axis=0, weights=self.weight)
        predictions: Floats = (sums + pseudo * prior) / (total + pseudo)
        return predictions

    @cached_property
    def _search(self) -> Any:
        """Finds the nearest training rows; an exhaustive search is the fastest in ten or more columns."""
        from sklearn.neighbors import NearestNeighbors

        count = min(self.neighbors, len(self.rows))
        return NearestNeighbors(n_neighbors=count, algorithm="brute").fit(self.rows)

    def save(self, folder: Path) -> None:
        """Write it to a folder: arrays, and names as JSON."""
        self.columns.save(folder / "columns")
        np.savez(folder / "rows.npz", rows=self.rows, outputs=self.outputs, weight=self.weight)
        table = {"neighbors": self.neighbors, "by_distance": self.by_distance}
        (folder / "model.json").write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: A file is damaged.
        """
        table = orjson.loads((folder / "model.json").read_bytes())
        columns = ScaledColumns.load(folder / "columns")
        with np.load(folder / "rows.npz", allow_pickle=False) as stored:
            arrays = dict(stored)
        if arrays["rows"].shape != (len(arrays["outputs"]), len(columns.names)):
            raise InputError(f"the files of a model must belong together, but those in {folder} differ in size.")
        return cls(columns=columns, **arrays, **table)


class KnnFamily:
    """The mean of the most similar training rows."""

    profile: ClassVar = Profile(
        title="Nearest neighbours",
        purpose="different from all other families, for few columns on one scale; its model holds the training rows",
        most_rows=20_000,
        most_columns=200,
        predict_cost="medium",
        size="medium",
    )
    model: ClassVar = KnnModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("sklearn.neighbors", "scipy.sparse")
    space: ClassVar[Mapping[str, Parameter]] = {
        "neighbors": Int(1, 200, log=True),
        "weights": Choice(["distance", "uniform"]),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return few and more neighbours."""
        return [{"neighbors": 10, "weights": "distance"}, {"neighbors": 25, "weights": "distance"}]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit, and of the prediction of a quarter as many rows."""
        return 0.01 + 1e-7 * rows * columns + 5e-9 * rows * rows / 4

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> KnnModel:
        """Scale and keep the rows."""
        columns = ScaledColumns.of(part.features, most_levels=_MOST_LEVELS)
        outputs = part.target[:, None]
        if part.problem.is_classification:
            outputs = np.eye(part.problem.outputs)[part.target.astype(int)]
        return KnnModel(
            columns=columns,
            rows=dense(columns.transform(part.features)),
            outputs=outputs,
            weight=np.ones(len(outputs)) if part.weight is None else part.weight,
            neighbors=int(parameters["neighbors"]),
            by_distance=parameters["weights"] == "distance",
        )
