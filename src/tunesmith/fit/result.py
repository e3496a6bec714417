"""The result of `fit`: an ensemble, and the study that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..core.trial import State
from ..data.read import read_frame
from ..data.scores import score_named
from ..ensembles.ensemble import Ensemble, save_ensemble
from ..ensembles.greedy import select
from ..errors import InputError
from ..study.study import Study
from ..tasks.table import PREDICTIONS_FILE, TableTask
from ..trial_folder.names import ARTIFACTS_FOLDER

if TYPE_CHECKING:
    import pandas as pd

MODEL_FOLDER = "model"


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """A fitted model and its study.

    Args:
        folder: The study's folder.
        ensemble: The model.
    """

    folder: Path
    ensemble: Ensemble

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Return the result of an earlier `fit`.

        Raises:
            InputError: The folder holds no fitted model.
        """
        return cls(folder=Path(folder), ensemble=Ensemble.load(Path(folder) / MODEL_FOLDER))

    def predict(self, data: Any) -> pd.DataFrame | pd.Series:
        """Return the predicted classes or numbers: a series for one target, a frame for several.

        Args:
            data: A path, or a frame of pandas, polars, Arrow or NumPy.
        """
        predicted = self.ensemble.predict(read_frame(data))
        return predicted.iloc[:, 0] if len(predicted.columns) == 1 else predicted

    def predict_proba(self, data: Any) -> pd.DataFrame:
        """Return the probability of each class.

        Raises:
            InputError: Numbers are predicted.
        """
        return self.ensemble.predict_proba(read_frame(data))


def combine(study: Study, task: TableTask) -> None:
    """Save the ensemble of a study's complete trials in the study's folder.

    Raises:
        InputError: No trial is complete.
    """
    assert study.folder is not None
    table, score = task.loaded, score_named(task.metric, task.loaded.problems)
    folders = {
        trial.number: trial.folder / ARTIFACTS_FOLDER
        for trial in study.trials
        if trial.state is State.COMPLETE and trial.folder is not None
    }
    if not folders:
        raise InputError("no model was trained in time. Allow more minutes.")
    predictions = {number: np.load(folder / PREDICTIONS_FILE) for number, folder in folders.items()}
    target = table.target[table.held_out]
    weights = select(predictions, lambda predicted: score.loss(table.problems, target, predicted))
    combined = np.asarray(sum(weight * predictions[number] for number, weight in weights.items()))
    save_ensemble(
        study.folder / MODEL_FOLDER,
        schema=table.schema,
        problems=table.problems,
        metric=task.metric,
        score=score.mean(table.problems, target, combined),
        members=[
            (number, weight, study.trials[number].parameters, sorted(folders[number].glob("fold_*")))
            for number, weight in sorted(weights.items())
        ],
    )
