"""The result of `fit`: an ensemble, and the study that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..core.machine_faults import writing
from ..core.trial import State
from ..data.analysis import Analysis
from ..data.read import read_frame
from ..data.table import Table
from ..diagnosis.assessment import THOROUGH
from ..diagnosis.diagnosis import Diagnosis
from ..ensembles.combination import Combination
from ..ensembles.ensemble import WHOLE_FOLDER, Ensemble, Member, save_ensemble
from ..ensembles.pipeline import Pipeline
from ..errors import InputError
from ..exporters.base import Export
from ..exporters.card.held_back import scores_on_test_rows
from ..exporters.card.intervals import Interval
from ..journal.lock import is_running
from ..study.study import Study
from ..study.tuning import load
from ..tasks.table import PREDICTIONS_FILE, TableTask
from ..text import wording
from ..text.html_table import html_table
from ..trial_folder.names import ARTIFACTS_FOLDER
from .assess import assess_study
from .choice import Choice, choose
from .export import export_model
from .files import MODEL_FOLDER, KeptOptions
from .leaderboard import leaderboard
from .prepare import TABLE_FOLDER
from .report import write_fit
from .request import FitRequest, kept_request
from .rules import EnsembleRules
from .whole import choose_whole
from .workflow import write_workflow

if TYPE_CHECKING:
    import pandas as pd


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
    def load(cls, folder: Path | str, *, trial: int | None = None) -> Self:
        """Return the result of an earlier `fit`; of one that was killed, what it had trained.

        Args:
            folder: The study's folder.
            trial: The number of one trial, whose models are then used alone.

        Raises:
            InputError: The folder holds no fitted model, or the trial has none.
        """
        folder = Path(folder)
        if trial is not None:
            return cls(folder=folder, ensemble=trial_model(load(folder), trial))
        if _is_outdated(folder) and not is_running(folder):
            study = load(folder)
            if isinstance(study.task, TableTask):
                combine(study, study.task)
        return cls(folder=folder, ensemble=Ensemble.load(folder / MODEL_FOLDER))

    @cached_property
    def study(self) -> Study:
        """The study: every trial, and how to continue."""
        return load(self.folder)

    @cached_property
    def analysis(self) -> Analysis | None:
        """What was noticed about the table; None if it was made by another program."""
        task = self.study.task
        return Analysis.load(Path(task.folder) / task.table) if isinstance(task, TableTask) else None

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The columns that name a row, which predictions keep."""
        kept = KeptOptions.load(self.folder)
        return () if kept is None else kept.ids

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

    def export(self, path: Path | str | None = None, to: str | None = None) -> Export:
        """Write the model for other programs, as a script that trains it, or as a model card.

        Args:
            path: The file; by default `model.onnx`, `model.py` or `model.md` in the study's folder.
            to: `onnx`, `script` or `card`; by default that of the suffix: `.onnx`, `.py` or `.md`.

        Raises:
            InputError: The form is not known, or cannot express the model.
        """
        return export_model(self.folder, self.ensemble, path, to)

    @property
    def request(self) -> FitRequest | None:
        """What was understood of the user's words; None if there were none."""
        return kept_request(self.folder)

    def leaderboard(self) -> pd.DataFrame:
        """Return the trained models, the best first: score, time, size and weight in the ensemble."""
        return leaderboard(self.study, self.ensemble)

    def report(self, path: Path | str | None = None) -> Path:
        """Write one self-contained HTML page, `report.html` in the study's folder by default; return its path."""
        return write_fit(self.study, self.ensemble.combination, path)

    def workflow(self, path: Path | str | None = None) -> Path:
        """Write the fit as a Python program that repeats its decisions, each with the reason; return its path.

        Args:
            path: The file; by default `workflow.py` in the study's folder, which `fit` writes itself.

        Raises:
            OutputError: The file cannot be written.
        """
        return write_workflow(self.study, self.ensemble, path)

    def test_scores(self) -> tuple[Sequence[Interval], int]:
        """Return the metrics of the test rows that `fit` was given, and how many models have been scored on them.

        A model's scores are computed once, and kept in the study's folder. Nothing is chosen by them: the figures of
        the first model that is scored are fair, those of later ones only if none was chosen by earlier figures.
        """
        test = Table.load(self.folder / TABLE_FOLDER).test
        return scores_on_test_rows(self.folder, test, self.ensemble)

    def diagnose(self) -> tuple[Diagnosis, ...]:
        """Return where the model is weak and what helps, the most severe first; see also `report`.

        Over-fitting and what limits the model are judged by training it again on parts of the rows, within a minute.
        """
        return assess_study(self.study, self.ensemble.combination, THOROUGH).diagnoses

    def __repr__(self) -> str:
        ensemble = self.ensemble
        targets = ", ".join(problem.target for problem in ensemble.problems)
        members = wording.count(len(ensemble.members), "model")
        return f"<FitResult {targets!r}: {ensemble.metric} {ensemble.score:.6g}, {members}>"

    def _repr_html_(self) -> str:
        """Return the result as a table, which a notebook shows."""
        ensemble = self.ensemble
        rows: list[tuple[str, str | Mapping[str, Any]]] = [
            ("target", ", ".join(problem.target for problem in ensemble.problems)),
            (ensemble.metric, f"{ensemble.score:.6g} on rows that were not trained on"),
            ("models", {f"{m.family} (trial {m.trial})": m.weight for m in ensemble.members}),
            ("folder", str(self.folder)),
        ]
        return html_table("fitted model", rows)


def _is_outdated(folder: Path) -> bool:
    """Return whether a trial was trained after the model was combined, as in a session that was killed."""
    made = folder / MODEL_FOLDER
    if not made.exists():
        return True
    combined = made.stat().st_mtime
    return any(
        predictions.stat().st_mtime > combined
        for predictions in (folder / "trials").glob(f"*/{ARTIFACTS_FOLDER}/{PREDICTIONS_FILE}")
    )


def chosen_combination(study: Study, task: TableTask) -> Combination:
    """Return how the complete trials of a study are best combined.

    Raises:
        InputError: No trial is complete.
    """
    return choose(task, EnsembleRules.of(study)).combination


def combine(study: Study, task: TableTask, *, ends: float | None = None) -> None:
    """Save the ensemble of a study's complete trials in the study's folder.

    Args:
        study: The study of a fit.
        task: Its task.
        ends: When models may be trained on all rows until, where limits ask for that, by `time.monotonic()`; None to
            train nothing.

    Raises:
        InputError: No trial is complete.
        OutputError: The folder cannot be written.
    """
    rules = EnsembleRules.of(study)
    folds = choose(task, rules)
    _save(study, task, folds, "fold_*")
    whole = choose_whole(rules, task, folds, ends=ends)
    if whole is not None:
        _save(study, task, whole, WHOLE_FOLDER)


def _save(study: Study, task: TableTask, choice: Choice, pattern: str) -> None:
    """Save an ensemble of the pipelines whose folders have a name, in the study's folder."""
    assert study.folder is not None
    with writing(study.folder / MODEL_FOLDER):
        save_ensemble(
            study.folder / MODEL_FOLDER,
            schema=task.loaded.schema,
            problems=task.loaded.problems,
            metric=task.metric,
            score=choice.score,
            combination=choice.combination,
            parameters={trial.number: trial.parameters for trial in study.trials},
            pipelines={
                trial.number: sorted((trial.folder / ARTIFACTS_FOLDER).glob(pattern))
                for trial in study.trials
                if trial.folder is not None and trial.number in choice.combination.weights
            },
        )


def trial_model(study: Study, number: int) -> Ensemble:
    """Return the models of one trial as an ensemble of one.

    Raises:
        InputError: There is no such trial, or it has no models.
    """
    trial = study.engine.trial(number)
    if trial.state is not State.COMPLETE or trial.folder is None or not isinstance(study.task, TableTask):
        raise InputError(f"only a complete trial of a fit has a model, but trial {number} is {trial.state}.")
    table, parameters = study.task.loaded, trial.parameters
    folders = sorted((trial.folder / ARTIFACTS_FOLDER).glob("fold_*"))
    pipelines = [Pipeline.load(folder, str(parameters["family"])) for folder in folders]
    return Ensemble(
        schema=table.schema,
        problems=table.problems,
        metric=study.task.metric,
        score=trial.metrics[study.task.metric],
        members=[Member(trial=number, weight=1.0, parameters=parameters, pipelines=pipelines)],
        combination=Combination.of_one(table.problems, number),
    )
