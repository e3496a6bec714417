"""Histogram gradient boosting with scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ..core.arrays import Floats, Singles
from ..core.parameters import Float, Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ..errors import InputError
from ._boosting import BoostingCosts, Rounds, boosting_seconds, patience
from ._codes import ColumnCodes, fill_gaps, gap_fills
from ._nodes import Nodes, rounded_down
from ._scaled import class_shares
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import pandas as pd

_BATCH_ROUNDS = 20
_MOST_ROUNDS = 1000
_MOST_PATIENCE = 60  # A round costs more than in the other boosters.
_COSTS = BoostingCosts(
    tree=8e-4,
    leaf=8.4e-6,
    row=3.1e-7,
    cell=2.1e-9,
    rounds=7.3,
    regression=2.8,
    most_rounds=_MOST_ROUNDS,
    most_patience=_MOST_PATIENCE,
)


@dataclass(frozen=True, kw_only=True)
class HistGradientBoostingModel:
    """Sums of trees on encoded columns.

    Args:
        codes: Encodes the columns.
        fills: Replace missing values, shape `(columns,)`.
        offsets: What the sums start from, shape `(sums,)`.
        sums: The trees of each sum; for two classes there is one.
        outputs: The number of columns of a prediction.
        classes: The indices of the classes of the training rows; empty for numbers.
    """

    codes: ColumnCodes
    fills: Singles
    offsets: Floats
    sums: Sequence[Nodes]
    outputs: int
    classes: tuple[int, ...] = ()

    @property
    def rounds(self) -> int:
        """The number of rounds."""
        return self.sums[0].count

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        filled = fill_gaps(self.codes.transform(features), self.fills)
        sums = np.column_stack([nodes.total(filled) for nodes in self.sums]) + self.offsets
        return class_shares(sums, self.classes, self.outputs) if self.classes else sums

    def save(self, folder: Path) -> None:
        """Write it to a folder: the trees as arrays, and the encoding as JSON."""
        for number, nodes in enumerate(self.sums):
            nodes.save(folder / f"trees_{number}.npz")
        np.savez(folder / "columns.npz", fills=self.fills, offsets=self.offsets)
        self.codes.save(folder, outputs=self.outputs, classes=list(self.classes))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: A file is damaged.
        """
        codes, facts = ColumnCodes.load(folder)
        outputs, classes = facts["outputs"], tuple(facts["classes"])
        with np.load(folder / "columns.npz", allow_pickle=False) as stored:
            fills, offsets = stored["fills"], stored["offsets"]
        sums = [Nodes.load(folder / f"trees_{number}.npz") for number in range(len(offsets))]
        if any(nodes.columns != len(codes.columns) or nodes.values.shape[1] != 1 for nodes in sums):
            raise InputError(f"the files of a model must belong together, but those in {folder} differ in size.")
        return cls(codes=codes, fills=fills, offsets=offsets, sums=sums, outputs=outputs, classes=classes)


class HistGradientBoostingFamily:
    """Boosted trees on binned columns; categories are cut by frequency, which sets it apart from the other boosters."""

    profile: ClassVar = Profile(
        title="Histogram boosting",
        purpose="strong on tables of numbers; needs nothing but scikit-learn",
        train_cost="medium",
    )
    model: ClassVar = HistGradientBoostingModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("sklearn.ensemble", "threadpoolctl")
    space: ClassVar[Mapping[str, Parameter]] = {
        "learning_rate": Float(0.01, 0.3, log=True),
        "max_leaf_nodes": Int(4, 255, log=True),
        "min_samples_leaf": Int(1, 100, log=True),
        "l2_regularization": Float(1e-4, 100.0, log=True),
        "max_features": Float(0.3, 1.0),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return the library's defaults with column sampling, and deep trees."""
        usual: dict[str, Value] = {"learning_rate": 0.08, "max_leaf_nodes": 31, "min_samples_leaf": 20}
        deep: dict[str, Value] = {"learning_rate": 0.05, "max_leaf_nodes": 128, "min_samples_leaf": 3}
        return [
            usual | {"l2_regularization": 1.0, "max_features": 0.7},
            deep | {"l2_regularization": 0.1, "max_features": 0.5},
        ]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        return boosting_seconds(
            problem,
            rows=rows,
            cells=rows * columns * float(parameters["max_features"]),
            leaves=min(float(parameters["max_leaf_nodes"]), max(2.0, rows / float(parameters["min_samples_leaf"]) / 2)),
            learning_rate=float(parameters["learning_rate"]),
            costs=_COSTS,
        )

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> HistGradientBoostingModel:
        """Train until the validation rows no longer improve, or for the rounds that the part names."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        codes = ColumnCodes.of(part.features)
        encoded = codes.transform(part.features)
        fills = gap_fills(encoded, codes)
        filled = fill_gaps(encoded, fills)
        kind = HistGradientBoostingClassifier if part.problem.is_classification else HistGradientBoostingRegressor
        booster = kind(**parameters, early_stopping=False, warm_start=True, random_state=part.seed)
        held_out = fill_gaps(codes.transform(part.validation[0]), fills)
        with threadpool_limits(part.threads):
            trees, offsets = _grow(part, booster, filled, held_out)
        return HistGradientBoostingModel(
            codes=codes,
            fills=fills,
            offsets=offsets,
            sums=[_nodes(one, encoded.shape[1]) for one in zip(*trees, strict=True)],
            outputs=part.problem.outputs,
            classes=_classes(part, booster),
        )


def _grow(part: TrainingPart, booster: Any, filled: Singles, held_out: Singles) -> tuple[list[list[Any]], Floats]:
    """Return the trees of each round up to the best, and what their sums start from; shape `(sums,)`."""
    waited = min(_MOST_PATIENCE, patience(len(part.target), booster.learning_rate))
    rounds, sums = Rounds(waited, part.deadline, part.rounds), None
    for grown in range(_BATCH_ROUNDS, _MOST_ROUNDS + 1, _BATCH_ROUNDS):
        booster.set_params(max_iter=grown).fit(filled, part.target, sample_weight=part.weight)
        offsets = np.asarray(booster._baseline_prediction, dtype=np.float64).reshape(-1)
        sums = np.tile(offsets, (len(held_out), 1)) if sums is None else sums
        for number in range(grown - _BATCH_ROUNDS, grown):
            loss = math.inf
            if part.rounds is None:
                new = [_nodes([tree], filled.shape[1]).total(held_out) for tree in booster._predictors[number]]
                sums = sums + np.column_stack(new)
                loss = _loss(part, booster, sums)
            if rounds.is_over(number, loss):
                return booster._predictors[: rounds.best + 1], offsets
    return booster._predictors[: rounds.best + 1], offsets


def _classes(part: TrainingPart, booster: Any) -> tuple[int, ...]:
    return tuple(int(index) for index in booster.classes_) if part.problem.is_classification else ()


def _loss(part: TrainingPart, booster: Any, sums: Floats) -> float:
    """Return the log loss or the squared error of the validation rows."""
    target = part.validation[1]
    if not part.problem.is_classification:
        return float(np.mean((target - sums[:, 0]) ** 2))
    shares = class_shares(sums, _classes(part, booster), part.problem.outputs)
    return float(-np.log(np.clip(shares[np.arange(len(target)), target.astype(int)], 1e-15, 1)).mean())


def _nodes(trees: Sequence[Any], columns: int) -> Nodes:
    """Return the nodes of scikit-learn's boosted trees, which have no missing values and no categories."""
    joined = np.concatenate([tree.nodes for tree in trees])
    leaves = joined["is_leaf"].astype(bool)
    return Nodes(
        columns=columns,
        starts=np.cumsum([0, *(len(tree.nodes) for tree in trees)], dtype=np.int64),
        features=np.where(leaves, 0, joined["feature_idx"]).astype(np.int32),
        thresholds=np.where(leaves, np.float32(0), rounded_down(joined["num_threshold"])),
        left=np.where(leaves, -1, joined["left"].astype(np.int64)).astype(np.int32),
        right=np.where(leaves, -1, joined["right"].astype(np.int64)).astype(np.int32),
        values=joined["value"][leaves].astype(np.float32)[:, None],
    )
