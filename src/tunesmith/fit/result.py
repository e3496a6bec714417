"""The result of `fit`: an ensemble, and the study that it comes from."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import orjson

from .. import plugins
from ..core.arrays import Floats
from ..core.trial import State
from ..data.problem import Problem
from ..data.read import read_frame
from ..data.scores import score_named
from ..ensembles.greedy import select
from ..errors import InputError
from ..families.base import Model
from ..study.study import Study
from ..tasks.table import PREDICTIONS_FILE, TableTask
from ..trial_folder.names import ARTIFACTS_FOLDER

if TYPE_CHECKING:
    import pandas as pd

MODEL_FOLDER = "model"
_MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """An ensemble of trained models.

    Args:
        problem: What it predicts.
        metric: The metric that it was chosen by.
        score: The metric of its out-of-fold predictions.
        members: The weight, the score and the models of each member, by the number of its trial.
    """

    problem: Problem
    metric: str
    score: float
    members: dict[int, tuple[float, list[Model]]]

    @classmethod
    def from_study(cls, study: Study, task: TableTask) -> Self:
        """Return the ensemble of a study's complete trials, and save it in the study's folder.

        Raises:
            InputError: No trial is complete.
        """
        assert study.folder is not None
        predictions = {
            trial.number: np.load(trial.folder / ARTIFACTS_FOLDER / PREDICTIONS_FILE)
            for trial in study.trials
            if trial.state is State.COMPLETE and trial.folder is not None
        }
        if not predictions:
            raise InputError("no model was trained in time. Allow more minutes.")
        known = ~np.isnan(next(iter(predictions.values()))[:, 0])
        predictions = {number: predicted[known] for number, predicted in predictions.items()}
        target = task.encoded_target[known]
        _, score = score_named(task.metric, task.problem)
        weights = select(predictions, target, score.loss)
        combined = sum(weight * predictions[number] for number, weight in weights.items())
        manifest = {
            "format": _FORMAT,
            "problem": {"target": task.problem.target, "kind": task.problem.kind, "classes": task.problem.classes},
            "metric": task.metric,
            "score": score.function(target, np.asarray(combined)),
            "members": [
                {"trial": number, "weight": weight, "family": study.trials[number].parameters["family"]}
                for number, weight in sorted(weights.items())
            ],
        }
        partial = study.folder / f"{MODEL_FOLDER}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        for number in weights:
            source = study.trials[number].folder
            assert source is not None
            shutil.copytree(
                source / ARTIFACTS_FOLDER, partial / str(number), ignore=shutil.ignore_patterns(PREDICTIONS_FILE)
            )
        (partial / _MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        final = study.folder / MODEL_FOLDER
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)
        return cls.load(study.folder)

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Return the ensemble in a study's folder."""
        path = Path(folder) / MODEL_FOLDER
        if not (path / _MANIFEST).exists():
            raise InputError(f"the folder of a fitted model must hold {MODEL_FOLDER}/{_MANIFEST}, but {folder} has none.")
        manifest = orjson.loads((path / _MANIFEST).read_bytes())
        problem = manifest["problem"]
        members = {}
        for member in manifest["members"]:
            model = plugins.load("families", member["family"]).model
            models = [model.load(fold) for fold in sorted((path / str(member["trial"])).glob("fold_*"))]
            members[member["trial"]] = (member["weight"], models)
        return cls(
            problem=Problem(**{**problem, "classes": tuple(problem["classes"])}),
            metric=manifest["metric"],
            score=manifest["score"],
            members=members,
        )

    def predict_scores(self, data: Any) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        frame = read_frame(data)
        total = np.zeros((len(frame), self.problem.outputs))
        for weight, models in self.members.values():
            for model in models:
                total += weight / len(models) * model.predict(frame)
        return total

    def predict(self, data: Any) -> pd.Series:
        """Return the predicted classes or numbers."""
        import pandas as pd

        scores = self.predict_scores(data)
        if not self.problem.is_classification:
            return pd.Series(scores[:, 0], name=self.problem.target)
        classes = np.array(self.problem.classes)
        return pd.Series(classes[scores.argmax(axis=1)], name=self.problem.target)
