"""Models trained again on all rows, where those of the folds are too large or have not seen the latest rows.

A member of an ensemble is the mean of the models of all folds, which costs as many times the size and the prediction
time of one. Where limits on these leave out the better trials, one model of each that is trained on all rows may do.

In the order of time each fold's model has seen only what came before its fold: the first half of the rows, or a little
more. There a model of all rows always takes the place of the folds' models, if there is time to train it. On four
tables (loads of a transformer, taxi rides, temperatures, sales of petrol) that changed the error on the last fifth of
the rows, which nothing else used, by -42, -6, +3 and -2 %.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import monotonic

import numpy as np
import orjson

from .. import plugins
from ..core.objective import Constraint
from ..core.trial import Trial, TrialRequest
from ..data.scores import score_named
from ..data.table import Table
from ..ensembles.ensemble import WHOLE_FOLDER
from ..ensembles.pipeline import Pipeline, megabytes
from ..errors import message_of
from ..families.base import own_parameters
from ..study.study import Study
from ..tasks.table import TableTask
from ..trial_folder.names import ARTIFACTS_FOLDER
from .choice import Choice, choose
from .files import MODEL_FOLDER
from .rules import ADDED_UP, PREDICTION_TIME, EnsembleRules

_COSTS_FILE = "whole.json"
_LEAST_GAIN = 0.03
"""What the score must gain, as a share of what the models of the folds gain over the baseline.

The mean of the models of five folds is better than its score says, as each of them is scored alone; one model of all
rows is better too, but less. On other rows of four open tables the mean was better by up to 4 % of that gain, and by
0.8 % in the mean.
"""
_CAUTION = 1.5  # A fit may take this many times its estimate.
_SETUP_SECONDS = 0.3
_TIMED_ROWS = 1000
_TIMINGS = 3
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WholeRules(EnsembleRules):
    """The rules of an ensemble whose members have one model each, trained on all rows.

    Args:
        task: The study's task.
        seconds: The time that is left to train.
    """

    task: TableTask
    seconds: float

    def metrics(self, trial: Trial) -> Mapping[str, float]:
        """Return a trial's metrics, with what its one model costs: as measured, or a cautious estimate."""
        folds = len(self.task.loaded.splits)
        share = growth(self.task.loaded) / folds / _kept_of_folds(trial, folds)
        estimated = {name: share * trial.metrics[name] for name in ADDED_UP if name in trial.metrics}
        return {**trial.metrics, **self.measured.get(trial.number, estimated)}

    @cached_property
    def measured(self) -> Mapping[int, Mapping[str, float]]:
        """What the models cost that are trained already, by trial."""
        found = {trial.number: measured_costs(trial) for trial in super().complete}
        return {number: costs for number, costs in found.items() if costs is not None}

    @cached_property
    def complete(self) -> Sequence[Trial]:
        """The trials that can be trained on all rows in the time that is left."""
        return [
            trial
            for trial in super().complete
            if not plugins.load("families", str(trial.parameters["family"])).profile.needs_validation
            and self._seconds([trial.number]) <= self.seconds
        ]

    def allow(self, members: Collection[int]) -> bool:
        """Return whether some trials may be combined."""
        return super().allow(members) and self._seconds(members) <= self.seconds

    def _seconds(self, members: Collection[int]) -> float:
        """Return the time to train some trials, without those that are trained already."""
        left = [self.study.trials[number] for number in members if number not in self.measured]
        fits = sum(trial.metrics.get("fit_seconds", 0.0) for trial in left) / len(self.task.loaded.splits)
        return _CAUTION * growth(self.task.loaded) * fits + _SETUP_SECONDS * len(left)


def _kept_of_folds(trial: Trial, folds: int) -> float:
    """Return the share of each fold's model that is kept; that of all rows is kept as a whole."""
    family = str(trial.parameters["family"])
    kind = plugins.load("families", family).model
    return (
        kind.share_in_mean(own_parameters(trial.parameters, family), folds) if hasattr(kind, "share_in_mean") else 1.0
    )


def may_be_whole(table: Table, limits: Sequence[Constraint]) -> bool:
    """Return whether models of all rows may be better, or limits leave too little room for those of all folds."""
    return table.ordered or (len(table.splits) > 1 and any(limit.metric in ADDED_UP for limit in limits))


def choose_whole(rules: EnsembleRules, task: TableTask, folds: Choice, *, ends: float | None) -> Choice | None:
    """Return the combination of models trained on all rows, if the order of time or limits make it the better one.

    What is missing of its models is trained and kept among the artifacts of their trials.

    Args:
        rules: The rules of the ensemble of the folds' models.
        task: The study's task.
        folds: The best combination of the folds' models.
        ends: When training must have ended, by `time.monotonic()`; None to use only what is trained already.
    """
    if not may_be_whole(task.loaded, rules.study.objective.constraints):
        return None
    while True:
        # To choose takes time too: now, and perhaps once more.
        seconds = 0.0 if ends is None else max(ends - monotonic() - 2 * folds.seconds, 0.0)
        whole = WholeRules(study=rules.study, interpretable=rules.interpretable, task=task, seconds=seconds)
        if not whole.feasible:
            return None
        choice = choose(task, whole)
        if rules.feasible and not task.loaded.ordered and not _is_better(choice, folds, rules.study, task):
            return None
        members = [trial for trial in whole.feasible if trial.number in choice.combination.weights]
        missing = [trial for trial in members if trial.number not in whole.measured]
        if not all(_train(trial, task, ends) for trial in missing):
            return None
        trained = replace(whole, seconds=0.0)
        if all(trial in trained.feasible for trial in members) and trained.allow(choice.combination.weights):
            return choice


def _is_better(whole: Choice, folds: Choice, study: Study, task: TableTask) -> bool:
    """Return whether one combination has a better score than another by more than the mean of folds is worth."""
    sign = 1.0 if score_named(task.metric, task.loaded.problems).maximize else -1.0
    baseline = study.trials[0].metrics.get(task.metric, folds.score)
    return sign * (whole.score - folds.score) > _LEAST_GAIN * abs(folds.score - baseline)


def _train(trial: Trial, task: TableTask, ends: float | None) -> bool:
    """Train a trial's configuration on all rows, keep the pipeline, and return whether it was ready in time."""
    assert trial.folder is not None
    folder = trial.folder / ARTIFACTS_FOLDER
    request = TrialRequest(
        number=trial.number, attempt=1, parameters=trial.parameters, seed=trial.seed, folder=trial.folder
    )
    try:
        pipeline = task.train_whole(request, _rounds(trial, folder, growth(task.loaded)), ends)
    except Exception as error:  # Whatever a library may do; the models of the folds are there.
        _LOGGER.warning("trial %d could not be trained on all rows: %s", trial.number, message_of(error))
        return False
    if ends is not None and monotonic() > ends:
        return False  # It may have fewer rounds than it needs.
    partial = folder / f"{WHOLE_FOLDER}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    pipeline.save(partial)
    rows = task.loaded.features.iloc[:_TIMED_ROWS]
    times = [pipeline.milliseconds(rows) for _ in range(_TIMINGS)]  # The least, as other programs may disturb it.
    costs = {PREDICTION_TIME: min(times), "model_mb": megabytes(partial)}
    (folder / _COSTS_FILE).write_bytes(orjson.dumps(costs))
    partial.rename(folder / WHOLE_FOLDER)
    return True


def _rounds(trial: Trial, folder: Path, times: float) -> list[int]:
    """Return the rounds for each problem: the mean of those of the folds' models, and more as the rows are more.

    On other rows of four open tables that was 0.4 % better in the mean than the folds' number of rounds, from 1.7 %
    better to 0.3 % worse.
    """
    family = str(trial.parameters["family"])
    folds = [Pipeline.load(place, family).models for place in sorted(folder.glob("fold_*"))]
    known = [[model.rounds for model in models if hasattr(model, "rounds")] for models in zip(*folds, strict=True)]
    return [max(1, round(times * float(np.mean(rounds)))) if rounds else 1 for rounds in known]


def growth(table: Table) -> float:
    """Return how many times as many rows there are as a fold trains on, in the mean."""
    return len(table.target) / float(np.mean([len(train) for train, _ in table.splits]))


def members_of_all_rows(study: Study) -> list[Trial]:
    """Return the members of the ensemble in a study's folder that were trained on all rows."""
    assert study.folder is not None
    return [
        trial for trial in study.trials if (study.folder / MODEL_FOLDER / str(trial.number) / WHOLE_FOLDER).is_dir()
    ]


def measured_costs(trial: Trial) -> dict[str, float] | None:
    """Return the costs of a trial's model that was trained on all rows; None if there is no such model."""
    folder = None if trial.folder is None else trial.folder / ARTIFACTS_FOLDER
    if folder is None or not (folder / WHOLE_FOLDER).is_dir() or not (folder / _COSTS_FILE).exists():
        return None
    costs: dict[str, float] = orjson.loads((folder / _COSTS_FILE).read_bytes())
    return costs
