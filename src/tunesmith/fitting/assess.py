"""The fit in a study's folder, assessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.arrays import Floats, Indices
from ..core.trial import State, Trial, TrialRequest
from ..data.scores import score_named
from ..diagnosis.assessment import Assessment, Effort, assess
from ..diagnosis.fitted import Fitted
from ..diagnosis.leaderboard import Cost
from ..ensembles.combination import Combination
from ..ensembles.ensemble import WHOLE_FOLDER
from ..ensembles.pipeline import Pipeline
from ..errors import InputError
from ..study.study import Study
from ..tasks.table import PREDICTIONS_FILE, TableTask
from ..trial_folder.names import ARTIFACTS_FOLDER
from .rules import PREDICTION_TIME
from .whole import measured_costs, members_of_all_rows


def fitted_of(study: Study, combination: Combination) -> Fitted:
    """Return the fit that a study holds.

    Args:
        study: A study whose task is a table.
        combination: How the members of its ensemble are combined.

    Raises:
        InputError: The study is no fit, or a member has lost its predictions.
    """
    task = study.task
    if not isinstance(task, TableTask):
        raise InputError("only a study of `tunesmith fit` can be assessed. Its task must be a table.")
    folders = {
        trial.number: trial.folder / ARTIFACTS_FOLDER
        for trial in study.trials
        if trial.state is State.COMPLETE and trial.folder is not None
    }
    folders = {number: folder for number, folder in folders.items() if (folder / PREDICTIONS_FILE).exists()}
    if lost := sorted(set(combination.weights) - set(folders)):
        raise InputError(f"each member of the model must have its predictions, but those of trial {lost[0]} are gone.")

    def pipeline(number: int, fold: int) -> Pipeline:
        family = str(study.trials[number].parameters["family"])
        return Pipeline.load(folders[number] / f"fold_{fold}", family)

    def refit(trial: Trial, train: Indices, held_out: Indices) -> Floats:
        request = TrialRequest(
            number=trial.number, attempt=1, parameters=trial.parameters, seed=trial.seed, folder=folders[trial.number]
        )
        return task.predict_after(request, train, held_out)

    return Fitted(
        table=task.loaded,
        score=score_named(task.metric, task.loaded.problems),
        trials=[trial for trial in study.trials if trial.number in folders],
        combination=combination,
        out_of_fold={number: np.load(folder / PREDICTIONS_FILE) for number, folder in folders.items()},
        pipeline=pipeline,
        stored=frozenset(number for number, folder in folders.items() if (folder / "fold_0").is_dir()),
        refit=refit,
        whole=bool(members_of_all_rows(study)),
    )


def assess_study(study: Study, combination: Combination, effort: Effort) -> Assessment:
    """Return the assessment of a fit; see `fitted_of`."""
    return assess(fitted_of(study, combination), costs(study), effort, seed=study.seed)


def costs(study: Study) -> dict[int, Cost]:
    """Return what each complete trial's models cost: those of all folds, or that of all rows if it is in use."""
    whole = {trial.number: measured_costs(trial) or {} for trial in members_of_all_rows(study)}
    return {
        trial.number: Cost(
            predict_ms={**trial.metrics, **whole.get(trial.number, {})}.get(PREDICTION_TIME),
            model_bytes=_size(trial.folder / ARTIFACTS_FOLDER, WHOLE_FOLDER if trial.number in whole else "fold_*"),
        )
        for trial in study.trials
        if trial.state is State.COMPLETE and trial.folder is not None
    }


def _size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(f"{pattern}/**/*") if path.is_file())
