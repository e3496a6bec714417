"""The protocol of an exporter, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from ..core.arrays import Floats
from ..data.table import Table
from ..ensembles.ensemble import Ensemble, Member
from ..ensembles.forecast_ensemble import ForecastEnsemble, ForecastMember
from ..ensembles.pipeline import Pipeline
from ..history.history import History
from ..series.backtest import Backtest
from ..series.held_out import HeldOutScores
from ..series.panel import Panel

Allows = Callable[[Collection[int]], bool]


@dataclass(frozen=True, kw_only=True)
class ExportSource:
    """A fitted model and where it comes from.

    Args:
        folder: The study's folder.
        history: The study's trials.
        ensemble: The model.
        table_folder: Where the training table lies.
        prediction_files: The out-of-fold predictions of each complete trial.
        allows: Returns whether some trials may be combined anew, by the limits of the fit.
    """

    folder: Path
    history: History
    ensemble: Ensemble
    table_folder: Path
    prediction_files: Mapping[int, Path]
    allows: Allows = lambda members: True

    @cached_property
    def table(self) -> Table:
        """The training table."""
        return Table.load(self.table_folder)

    def out_of_fold(self, trial: int) -> Floats:
        """Return the predictions of the rows that were held out in a fold, shape `(rows held out, outputs)`."""
        predictions: Floats = np.load(self.prediction_files[trial], allow_pickle=False)
        return predictions

    def member(self, trial: int) -> Member:
        """Return a complete trial as a member of an ensemble."""
        parameters = self.history.trials[trial].parameters
        folders = sorted(self.prediction_files[trial].parent.glob("fold_*"))
        pipelines = [Pipeline.load(folder, str(parameters["family"])) for folder in folders]
        return Member(trial=trial, weight=1.0, parameters=parameters, pipelines=pipelines)


@dataclass(frozen=True, kw_only=True)
class ForecastSource:
    """Fitted forecasting models and where they come from.

    Args:
        folder: The study's folder.
        history: The study's trials.
        ensemble: The models.
        backtest: The windows that forecasts are scored on.
        backtest_files: The forecasts of the windows of each complete trial.
        model_folders: The model of each complete trial.
        allows: Returns whether some trials may be combined anew, by the limits of the fit.
        score_test: Returns the scores on the test part, computed once for a model; None without one.
    """

    folder: Path
    history: History
    ensemble: ForecastEnsemble
    backtest: Backtest
    backtest_files: Mapping[int, Path]
    model_folders: Mapping[int, Path]
    allows: Allows = lambda members: True
    score_test: Callable[[], HeldOutScores | None] = lambda: None

    @property
    def panel(self) -> Panel:
        """The series that the models were trained on."""
        return self.backtest.panel

    def backtested(self, trial: int) -> Floats:
        """Return the forecasts of the windows, shape `(rows, steps, levels)`."""
        forecasts = np.load(self.backtest_files[trial], allow_pickle=False)
        return np.asarray(forecasts, dtype=np.float64)

    def member(self, trial: int) -> ForecastMember:
        """Return a complete trial as a member of an ensemble."""
        return ForecastMember(
            trial=trial, parameters=self.history.trials[trial].parameters, folder=self.model_folders[trial]
        )


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was written.

    Args:
        path: The file.
        notes: Sentences about it, for people.
        facts: The same as plain values.
    """

    path: Path
    notes: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def write_file(path: Path, content: bytes) -> None:
    """Write a file, which is replaced at once."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)


class Exporter(Protocol):
    """Writes a fitted model as one file.

    Attributes:
        file: The default name of the file; its suffix stands for the exporter.
    """

    file: ClassVar[str]

    def export(self, source: ExportSource, path: Path) -> Export:
        """Write the file.

        Args:
            source: The model.
            path: Where to; its folder exists.

        Raises:
            InputError: The model cannot be exported in this form.
            MissingExtra: An optional dependency is not installed.
        """
        ...


@runtime_checkable
class ForecastExporter(Protocol):
    """An exporter that also writes forecasting models."""

    def export_forecasts(self, source: ForecastSource, path: Path) -> Export:
        """Write the file.

        Args:
            source: The models.
            path: Where to; its folder exists.

        Raises:
            InputError: The models cannot be exported in this form.
            MissingExtra: An optional dependency is not installed.
        """
        ...
