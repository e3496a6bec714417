"""The fit in a study's folder, assessed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..core.arrays import Floats, Indices
from ..core.trial import State, Trial, TrialRequest
from ..data.scores import score_named
from ..diagnosis.assessment import Assessment, Effort, assess
from ..diagnosis.fitted import Fitted
from ..diagnosis.leaderboard import Cost
from ..ensembles.pipeline import Pipeline
from ..errors import InputError
from ..study.study import Study
from ..tasks.table import PREDICTIONS_FILE, TableTask
from ..trial_folder.names import ARTIFACTS_FOLDER


def fitted_of(study: Study, weights: Mapping[int, float]) -> Fitted:
    """Return the fit that a study holds.

    Args:
        study: A study whose task is a table.
        weights: The weight of each member of its ensemble, by trial.

    Raises:
        InputError: The study is no fit, or no member has its predictions any more.
    """
    task = study.task
    if not isinstance(task, TableTask):
        raise InputError("only a study of `tunesmith fit` can be assessed. Its task must be a table.")
    table = task.loaded
    trials, predictions = [], {}
    for trial in study.trials:
        file = None if trial.folder is None else trial.folder / ARTIFACTS_FOLDER / PREDICTIONS_FILE
        if trial.state is State.COMPLETE and file is not None and file.exists():
            trials.append(trial)
            predictions[trial.number] = np.load(file)
    members = {number: weight for number, weight in weights.items() if number in predictions}
    if not members:
        raise InputError("the trials of the model must still be there, but their folders are gone.")
    total = sum(members.values())
    combined: Floats = np.asarray(sum(weight / total * predictions[number] for number, weight in members.items()))
    folders = {trial.number: trial.folder for trial in trials}

    def pipeline(number: int, fold: int) -> Pipeline:
        folder = folders[number]
        assert folder is not None
        family = str(study.trials[number].parameters["family"])
        return Pipeline.load(folder / ARTIFACTS_FOLDER / f"fold_{fold}", family)

    def refit(trial: Trial, train: Indices, held_out: Indices) -> Floats:
        assert trial.folder is not None
        request = TrialRequest(
            number=trial.number, attempt=1, parameters=trial.parameters, seed=trial.seed, folder=trial.folder
        )
        return task._fit(request, train, held_out, None)[1]

    return Fitted(
        table=table,
        score=score_named(task.metric, table.problems),
        trials=trials,
        weights={number: weight / total for number, weight in members.items()},
        out_of_fold=predictions,
        combined=combined,
        pipeline=pipeline,
        refit=refit,
    )


def assess_study(study: Study, weights: Mapping[int, float], effort: Effort) -> Assessment:
    """Return the assessment of a fit."""
    return assess(fitted_of(study, weights), costs(study), effort, seed=study.seed)


def costs(study: Study) -> dict[int, Cost]:
    """Return what each complete trial's model costs."""
    return {
        trial.number: Cost(
            predict_ms=trial.metrics.get("predict_ms_per_1000_rows"),
            model_bytes=_size(trial.folder / ARTIFACTS_FOLDER),
        )
        for trial in study.trials
        if trial.state is State.COMPLETE and trial.folder is not None
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("fold_*/**/*") if path.is_file())
