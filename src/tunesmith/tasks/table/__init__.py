"""A table as the task: each trial trains one model of one family, validated on folds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ... import plugins
from ...core.arrays import Floats
from ...core.trial import Measurement, Reporter, TrialRequest, Value
from ...data.folds import Fold, folds
from ...data.problem import Problem
from ...data.read import read_frame
from ...data.scores import score_named
from ...families.base import Family, Model, TrainingPart
from ...trial_folder.artifacts import find_artifacts
from ...trial_folder.metrics import write_metrics
from ...trial_folder.names import ARTIFACTS_FOLDER
from ..base import TaskContext, build_task

if TYPE_CHECKING:
    import pandas as pd

    from ...core.space import SearchSpace

PREDICTIONS_FILE = "out_of_fold.npy"
"""Predictions of the rows that no model was trained on, NaN elsewhere; shape `(rows, outputs)`."""


@dataclass(frozen=True, kw_only=True)
class TableTask:
    """Trains a model on the folds of a table, and scores its out-of-fold predictions.

    The parameter `family` names the family, and `family.name` its hyperparameter `name`. The artifacts of a trial are
    its out-of-fold predictions and a folder for the model of each fold.

    Args:
        data: The table's file.
        target: The column to predict.
        metric: The metric's name.
        exclude: Columns that are not used.
        kind: What the target is; found if None.
        folds_seed: The seed of the split, the same for all trials.
        folder: What a relative `data` is relative to.
    """

    data: str
    target: str
    metric: str
    exclude: Sequence[str] = ()
    kind: str | None = None
    folds_seed: int = 0
    folder: Path | str = "."

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read the table when the task is unpickled in a worker, which forks every trial."""
        self.__dict__.update(state)
        _ = self.folds
        for name in plugins.names("families"):
            plugins.load("families", name)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name in self.__dataclass_fields__}

    @classmethod
    def from_table(cls, table: Mapping[str, Any], context: TaskContext) -> Self:
        """Return the task of a `[task]` table; see `Task.from_table`."""
        return build_task(cls, table, folder=str(context.folder), metric=context.metric)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows whose target is known."""
        frame = read_frame(Path(self.folder) / self.data)
        _ = Problem.of(frame, self.target)
        return frame[frame[self.target].notna()].reset_index(drop=True)

    @cached_property
    def problem(self) -> Problem:
        """What is to be predicted."""
        return Problem.of(self.frame, self.target, self.kind)  # type: ignore[arg-type]

    @cached_property
    def features(self) -> pd.DataFrame:
        """The columns to learn from."""
        return self.frame.drop(columns=[self.target, *self.exclude])

    @cached_property
    def encoded_target(self) -> Floats:
        """The target as class indices or numbers, shape `(rows,)`."""
        return self.problem.encode(self.frame[self.target])

    @cached_property
    def folds(self) -> list[Fold]:
        """The folds, the same for all trials."""
        return folds(self.problem, self.encoded_target, seed=self.folds_seed)

    def check(self, space: SearchSpace) -> None:
        """Check that the table can be read and has the columns, and that the metric suits the target."""
        score_named(self.metric, self.problem)

    def defaults(self) -> Mapping[str, Value]:
        """Return no values: the first configurations come from the families."""
        return {}

    @property
    def has_test(self) -> bool:
        """Whether there is a held-out test split; not yet."""
        return False

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Train and score one configuration.

        Raises:
            TrialPruned: `report` raised it.
        """
        name = request.parameters["family"]
        family: Family = plugins.load("families", name)()
        parameters = {
            key.removeprefix(f"{name}."): value for key, value in request.parameters.items() if key != "family"
        }
        _, score = score_named(self.metric, self.problem)
        target, features = self.encoded_target, self.features
        predictions = np.full((len(target), self.problem.outputs), np.nan)
        for number, (train, validation) in enumerate(self.folds):
            held_out = features.iloc[validation]
            part = TrainingPart(
                features=features.iloc[train],
                target=target[train],
                validation=(held_out, target[validation]),
                problem=self.problem,
                seed=request.seed,
                threads=int(os.environ.get("OMP_NUM_THREADS") or 1),
            )
            model: Model = family.fit(part, parameters)
            predictions[validation] = model.predict(held_out)
            folder = request.folder / ARTIFACTS_FOLDER / f"fold_{number}"
            folder.mkdir(parents=True, exist_ok=True)
            model.save(folder)
            known = ~np.isnan(predictions[:, 0])
            report(number + 1, {self.metric: score.function(target[known], predictions[known])})
        np.save(request.folder / ARTIFACTS_FOLDER / PREDICTIONS_FILE, predictions)
        metrics = {self.metric: score.function(target[known], predictions[known])}
        write_metrics(request.folder, metrics)
        return Measurement(metrics=metrics, artifacts=find_artifacts(request.folder))

    def reproduce(self, request: TrialRequest) -> str:
        """Return a line of Python that runs the trial again."""
        return f"# tunesmith reproduce {request.folder.parent.parent} {request.number}"

    def to_table(self) -> dict[str, Any]:
        """Return the `[task]` table of study.toml that describes it."""
        table = {"kind": "table", "data": str(Path(self.folder) / self.data), "target": self.target}
        optional = {"exclude": list(self.exclude), "folds_seed": self.folds_seed}
        return table | {name: value for name, value in optional.items() if value}
