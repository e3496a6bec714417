"""An ensemble of trained models, which predicts from raw tables."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import orjson

from ..core.arrays import Floats
from ..core.trial import Value
from ..data.problem import Problem, predictions_of
from ..data.schema import Schema
from ..errors import InputError, message_of
from .combination import Combination
from .manifest import FORMAT, MANIFEST, Manifest
from .pipeline import Pipeline, StoredPipelines, predict_all

if TYPE_CHECKING:
    import pandas as pd

WHOLE_FOLDER = "whole"
"""The name of the folder of a pipeline that was trained on all rows; those of folds have other names."""
TRAINED_ON_ALL_ROWS = (
    "Trained again on all rows. The scores are those of the models of the folds, on rows that they were not trained on."
)
"""What is said of an ensemble whose members were trained on all rows."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One configuration of an ensemble, trained on one or more folds, or on all rows.

    Args:
        trial: The number of its trial.
        weight: Its share of the prediction; all weights sum to 1. See `Combination` for the rest.
        parameters: Its configuration; `family` names the family.
        pipelines: One for each fold, whose predictions are averaged, or one of all rows.
        whole: Whether it was trained on all rows.
    """

    trial: int
    weight: float
    parameters: Mapping[str, Value]
    pipelines: Sequence[Pipeline]
    whole: bool = False

    @property
    def family(self) -> str:
        """The name of its family."""
        return str(self.parameters["family"])


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """A combination of members.

    Args:
        schema: How raw columns are read.
        problems: What it predicts.
        metric: The metric that it was chosen by.
        score: That metric of its out-of-fold predictions.
        members: At least one.
        combination: How their predictions are combined.
    """

    schema: Schema
    problems: tuple[Problem, ...]
    metric: str
    score: float
    members: Sequence[Member]
    combination: Combination

    @property
    def whole(self) -> bool:
        """Whether its members were trained on all rows; the score is that of the models of the folds."""
        return all(member.whole for member in self.members)

    def predict_scores(self, frame: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers, of one problem after the other; shape `(rows, outputs)`."""
        return self.combination.apply(self.problems, self.predict_members(self.schema.read(frame)))

    def predict_members(self, features: pd.DataFrame) -> dict[int, Floats]:
        """Return the mean prediction of each member's pipelines by its trial, shape `(rows, outputs)` each.

        Args:
            features: The columns as the schema reads them.
        """
        outputs = iter(predict_all([pipeline for member in self.members for pipeline in member.pipelines], features))
        return {member.trial: np.mean([next(outputs) for _ in member.pipelines], axis=0) for member in self.members}

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the predicted classes or numbers, one column for each problem."""
        return self.decided(self.predict_scores(frame), frame.index)

    def decided(self, scores: Floats, index: pd.Index) -> pd.DataFrame:
        """Return the classes or numbers that follow from what `predict_scores` returns."""
        return predictions_of(self.problems, self.combination.decide(self.problems, scores), index)

    def predict_proba(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the probability of each class; columns `class` for one problem, `target=class` for several.

        Raises:
            InputError: Numbers are predicted.
        """
        self._check_classes()
        return self.probabilities(self.predict_scores(frame), frame.index)

    def probabilities(self, scores: Floats, index: pd.Index) -> pd.DataFrame:
        """Return what `predict_scores` returns as a frame; see `predict_proba`."""
        import pandas as pd

        self._check_classes()
        names = [
            name if len(self.problems) == 1 else f"{problem.target}={name}"
            for problem in self.problems
            for name in problem.classes
        ]
        return pd.DataFrame(scores, columns=names, index=index)

    def _check_classes(self) -> None:
        if not all(problem.is_classification for problem in self.problems):
            raise InputError("probabilities exist for classes only, but numbers are predicted. Use predict().")

    @classmethod
    def load(cls, folder: Path, *, checked: bool = True) -> Self:
        """Return the ensemble that `save_ensemble` wrote.

        Args:
            folder: Where it lies.
            checked: Whether to load all models and let them predict a row, to see whether the files belong together.
                Otherwise a model is loaded when it is first needed, for an ensemble that was written just now.

        Raises:
            InputError: The folder holds none.
        """
        manifest = Manifest.read(folder)
        members = []
        for trial, weight in manifest.combination.weights.items():
            parameters = manifest.parameters[trial]
            place = folder / str(trial)
            if not place.is_dir():
                raise InputError(f"a model must hold the folder of each member, but {place} is missing. Fit again.")
            places = sorted(place.iterdir())
            member = Member(
                trial=trial,
                weight=weight,
                parameters=parameters,
                pipelines=StoredPipelines(places, str(parameters["family"])),
                whole=[place.name for place in places] == [WHOLE_FOLDER],
            )
            members.append(member)
        ensemble = cls(
            schema=manifest.schema,
            problems=manifest.problems,
            metric=manifest.metric,
            score=manifest.score,
            members=members,
            combination=manifest.combination,
        )
        if checked:
            ensemble._check_that_it_predicts(folder)
        return ensemble

    def _check_that_it_predicts(self, folder: Path) -> None:
        """Predict a row without values, which shows whether the files of a model belong together.

        Raises:
            InputError: They do not.
        """
        import pandas as pd

        outputs = sum(problem.outputs for problem in self.problems)
        try:
            predicted = self.predict_scores(pd.DataFrame({name: [None] for name in self.schema.names}, dtype=object))
            sound = predicted.shape == (1, outputs) and bool(np.isfinite(predicted).all())
        except InputError:
            raise
        except Exception as error:  # Malformed files can raise anything.
            raise InputError(f"the model in {folder} is damaged: {message_of(error)}. Fit again.") from None
        if not sound:
            raise InputError(f"the files of a model must belong together, but those in {folder} do not. Fit again.")


def load_combination(folder: Path) -> Combination:
    """Return how the members of a saved ensemble are combined, without loading their models.

    Raises:
        InputError: The folder holds no ensemble.
    """
    return Manifest.read(folder).combination


def save_ensemble(
    folder: Path,
    *,
    schema: Schema,
    problems: Sequence[Problem],
    metric: str,
    score: float,
    combination: Combination,
    parameters: Mapping[int, Mapping[str, Value]],
    pipelines: Mapping[int, Sequence[Path]],
) -> None:
    """Write an ensemble to a folder, which it replaces at once.

    Args:
        folder: Where to.
        schema: How raw columns are read.
        problems: What it predicts.
        metric: The metric that it was chosen by.
        score: That metric of its out-of-fold predictions.
        combination: The members and how they are combined.
        parameters: The configuration of each trial.
        pipelines: The folders of the pipelines of each trial.
    """
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    rows: list[dict[str, Any]] = []
    for trial, weight in sorted(combination.weights.items()):
        sharpness = combination.sharpness[trial]
        rows.append({"trial": trial, "weight": weight, "sharpness": sharpness, "parameters": dict(parameters[trial])})
        for pipeline in pipelines[trial]:
            shutil.copytree(pipeline, partial / str(trial) / pipeline.name, copy_function=link_or_copy)
    manifest = {
        "format": FORMAT,
        "columns": schema.to_table(),
        "problems": [problem.to_table() for problem in problems],
        "metric": metric,
        "score": score,
        "sharpness": combination.final,
        "factors": combination.factors,
        "members": rows,
    }
    (partial / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def link_or_copy(source: str, target: str) -> None:
    """Link a file, which costs neither time nor space, or copy it where links are not possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
