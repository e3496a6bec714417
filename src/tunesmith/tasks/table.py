"""A table as the task: each trial trains one configuration of one family, validated on folds."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .. import plugins
from ..core.arrays import Floats, Indices
from ..core.trial import Measurement, Reporter, TrialRequest, Value
from ..data.scores import score_named
from ..data.table import Table
from ..ensembles.pipeline import Pipeline, megabytes
from ..ensembles.training import train_model
from ..families.base import BASELINE, Family, TrainingPart, own_parameters
from ..recipes.cache import prepare_fold
from ..recipes.files import recipe_named
from ..recipes.recipe import Recipe
from ..text.shell import command
from ..trial_folder.artifacts import find_artifacts
from ..trial_folder.metrics import write_metrics
from ..trial_folder.names import ARTIFACTS_FOLDER
from .base import TaskContext, build_task

if TYPE_CHECKING:
    from ..core.space import SearchSpace

_PREPARED_FOLDER = "prepared"
PREDICTIONS_FILE = "out_of_fold.npy"
"""The predictions of the rows that are held out in a fold; shape `(rows held out, outputs)`."""


class _OutOfFold:
    """The predictions of rows by models that were not trained on them, averaged over repeats.

    Args:
        table: The rows.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._sums = np.zeros((len(table.target), sum(problem.outputs for problem in table.problems)))
        self._times = np.zeros(len(table.target))

    def add(self, held_out: Indices, outputs: Floats) -> None:
        """Add the predictions of a fold's rows, shape `(rows held out, outputs)`."""
        self._sums[held_out] += outputs
        self._times[held_out] += 1

    @property
    def means(self) -> Floats:
        """The mean predictions of the rows that have one, shape `(rows, outputs)`."""
        known = self._times > 0
        return np.asarray(self._sums[known] / self._times[known, None])

    def score(self, name: str) -> float:
        """Return a metric of the rows that have a prediction."""
        table, known = self._table, self._times > 0
        weight = None if table.weight is None else table.weight[known]
        return score_named(name, table.problems).mean(table.problems, table.target[known], self.means, weight)


@dataclass(frozen=True, kw_only=True)
class TableTask:
    """Trains a configuration on the folds of a table, and scores its out-of-fold predictions.

    The parameter `family` names the family, `recipe` the recipe, and `FAMILY.NAME` a hyperparameter. The artifacts of
    a trial are its out-of-fold predictions and a folder for the pipeline of each fold.

    Args:
        table: The folder that `Table.save` wrote.
        metric: The metric's name.
        families: The families that trials may use.
        also: Further metrics that trials report.
        folder: What a relative `table` is relative to.
        ends: When trials must have ended, by `time.monotonic()` on this machine; None for no limit.
    """

    table: str
    metric: str
    families: Sequence[str] = ()
    also: Sequence[str] = ()
    folder: Path | str = "."
    ends: float | None = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load the table and the libraries where the task is unpickled: in a worker, which forks every trial."""
        self.__dict__.update(state)
        _ = self.loaded
        for family in self.families:
            for library in plugins.load("families", family).libraries:
                importlib.import_module(library)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name in self.__dataclass_fields__}

    @classmethod
    def from_table(cls, table: Mapping[str, Any], context: TaskContext) -> Self:
        """Return the task of a `[task]` table, without its `kind`."""
        return build_task(cls, {"metric": context.metric, **table}, folder=context.folder)

    @cached_property
    def loaded(self) -> Table:
        """The table."""
        return Table.load(Path(self.folder) / self.table)

    def with_loaded(self, table: Table) -> Self:
        """Return the task with its table, which is then not read again in this process."""
        self.__dict__["loaded"] = table
        return self

    def check(self, space: SearchSpace) -> None:
        """Check that the table can be read, and that the metric suits the problem."""
        score_named(self.metric, self.loaded.problems)

    def defaults(self) -> Mapping[str, Value]:
        """Return the configuration of trial 0: the model that knows only the target."""
        return {"family": BASELINE, "recipe": "plain"}

    @property
    def has_test(self) -> bool:
        """Whether there is a held-out test split."""
        return False

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Train and score one configuration.

        Besides the score the metrics are what it costs: the seconds of training, and the size and the prediction time
        of the pipelines of all folds together.

        Raises:
            TrialPruned: `report` raised it.
        """
        limits = [self.ends, request.timeout_seconds and time.monotonic() + request.timeout_seconds]
        ends = min((limit for limit in limits if limit is not None), default=None)
        table, folder = self.loaded, request.folder / ARTIFACTS_FOLDER
        splits, predictions = table.splits, _OutOfFold(table)
        costs = {"fit_seconds": 0.0, "predict_ms_per_1000_rows": 0.0, "model_mb": 0.0}
        metrics: dict[str, float] = {}
        for number, (train, held_out) in enumerate(splits):
            now = time.monotonic()
            deadline = None if ends is None else now + (ends - now) / (len(splits) - number)
            pipeline, outputs = self._fit(request, train, held_out, deadline)
            costs["fit_seconds"] += time.monotonic() - now
            pipeline = pipeline.in_mean_of(len(splits))
            pipeline.save(folder / f"fold_{number}")
            costs["model_mb"] += megabytes(folder / f"fold_{number}")
            if number == 0:
                costs["model_mb"] += max(getattr(model, "weights_bytes", 0) for model in pipeline.models) / 1e6
                costs["predict_ms_per_1000_rows"] = pipeline.milliseconds(table.features.iloc[held_out]) * len(splits)
            predictions.add(held_out, outputs)
            metrics = {self.metric: predictions.score(self.metric), **costs}
            report(number + 1, metrics)
        metrics |= {name: predictions.score(name) for name in self.also}
        np.save(folder / PREDICTIONS_FILE, predictions.means)
        write_metrics(request.folder, metrics)
        return Measurement(metrics=metrics, artifacts=find_artifacts(request.folder))

    def predict_after(self, request: TrialRequest, train: Indices, held_out: Indices) -> Floats:
        """Return a configuration's predictions of some rows after training on others; shape `(rows, outputs)`."""
        return self._fit(request, train, held_out, None)[1]

    def train_whole(self, request: TrialRequest, rounds: Sequence[int], deadline: float | None) -> Pipeline:
        """Return a configuration's pipeline, trained on all rows.

        Args:
            request: The trial with the configuration.
            rounds: How many rounds a family that trains in rounds adds for each problem, as no rows are held out.
            deadline: When it should have ended, by `time.monotonic()`; a family that trains in rounds does.
        """
        rows = np.arange(len(self.loaded.target))
        return self._fit(request, rows, rows[:1], deadline, rounds)[0]

    def _fit(
        self,
        request: TrialRequest,
        train: np.ndarray,
        held_out: np.ndarray,
        deadline: float | None,
        rounds: Sequence[int] | None = None,
    ) -> tuple[Pipeline, Floats]:
        """Return the pipeline of one fold, and its predictions of the rows held out."""
        table = self.loaded
        name = str(request.parameters["family"])
        family: Family = plugins.load("families", name)()
        parameters = own_parameters(request.parameters, name)
        recipe = recipe_named(str(request.parameters["recipe"]), (Path(self.folder) / self.table).parent)
        if name == BASELINE:
            recipe = Recipe()  # It looks at no column.
        elif family.takes_text:
            recipe = recipe.keeping_text()
        kept = Path(self.folder) / self.table / _PREPARED_FOLDER
        fitted, prepared, validation = prepare_fold(recipe, table, (train, held_out), kept)
        models = []
        for index, problem in enumerate(table.problems):
            target = table.target[:, index]
            part = TrainingPart(
                features=prepared,
                target=target[train],
                validation=(validation, target[held_out]),
                problem=problem,
                seed=request.seed,
                threads=int(os.environ.get("OMP_NUM_THREADS") or 1),
                weight=None if table.weight is None else table.weight[train],
                deadline=deadline,
                rounds=None if rounds is None else rounds[index],
            )
            models.append(train_model(family, part, parameters))
        pipeline = Pipeline(recipe=fitted, models=models)
        return pipeline, np.column_stack([model.predict(validation) for model in models])

    def reproduce(self, request: TrialRequest) -> str:
        """Return a command that runs the trial again."""
        return command("tunesmith", "reproduce", request.folder.parent.parent, request.number)

    def to_table(self) -> dict[str, Any]:
        """Return the `[task]` table of study.toml that describes it."""
        return {
            "kind": "table",
            "table": str(Path(self.folder).absolute() / self.table),
            "metric": self.metric,
            "families": list(self.families),
            "also": list(self.also),
        }
