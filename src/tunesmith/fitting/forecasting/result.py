"""The result of `fit` for time series: an ensemble of forecasting models, and the study that it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ... import plugins
from ...core.arrays import Floats
from ...core.trial import State
from ...diagnosis.diagnosis import Diagnosis
from ...diagnosis.forecast_weaknesses import forecast_weaknesses
from ...ensembles.forecast_ensemble import ForecastEnsemble
from ...errors import InputError
from ...exporters.base import Export
from ...journal.lock import is_running
from ...series.held_out import HeldOutScores
from ...series.levels import LEVELS, MEDIAN
from ...series.panel import Panel
from ...series.reading import read_panel
from ...series.rows import read_series_table
from ...series.times import written
from ...study.study import Study
from ...study.tuning import load
from ...tasks.forecast import FORECAST_FILE, ForecastTask
from ...text import wording
from ...trial_folder.names import ARTIFACTS_FOLDER
from ..export import export_model
from ..files import MODEL_FOLDER
from ..request import FitRequest, kept_request
from .combine import combine_forecasts, trial_ensemble
from .prepare import PANEL_FOLDER
from .report import assess_forecasts, write_forecasts
from .test_part import score_test_part
from .workflow import write_forecast_workflow

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class ForecastResult:
    """Fitted forecasting models and their study.

    Args:
        folder: The study's folder.
        ensemble: The models.
    """

    folder: Path
    ensemble: ForecastEnsemble

    @classmethod
    def load(cls, folder: Path | str, *, trial: int | None = None) -> Self:
        """Return the result of an earlier `fit`; of one that was killed, what it had trained.

        Args:
            folder: The study's folder.
            trial: The number of one trial, whose model is then used alone.

        Raises:
            InputError: The folder holds no fitted model, or the trial has none.
        """
        folder = Path(folder)
        if trial is not None:
            study = load(folder)
            return cls(folder=folder, ensemble=trial_ensemble(study, study.engine.trial(trial)))
        if _is_outdated(folder) and not is_running(folder):
            study = load(folder)
            if isinstance(study.task, ForecastTask):
                combine_forecasts(study, study.task)
        return cls(folder=folder, ensemble=ForecastEnsemble.load(folder / MODEL_FOLDER))

    @cached_property
    def study(self) -> Study:
        """The study: every trial, and how to continue."""
        return load(self.folder)

    @cached_property
    def panel(self) -> Panel:
        """The series that it was trained on."""
        return Panel.load(self.folder / PANEL_FOLDER)

    def predict(self, data: Any = None, *, horizon: int | None = None) -> pd.DataFrame:
        """Return the forecasts after the end of each series.

        Args:
            data: The series up to the origin, as `fit` took them or `read` returns them; by default those that it was
                trained on.
            horizon: The number of steps; at most that which `fit` was asked for, the default.

        Returns:
            One row for each step of each series: the columns that name the series, the time, the forecast in a column
            named as the target, and its quantiles in columns such as `q0.1`.

        Raises:
            InputError: The data hold no such series, or the horizon is too long.
        """
        steps = self.ensemble.horizon if horizon is None else horizon
        if not 1 <= steps <= self.ensemble.horizon:
            raise InputError(
                f"the horizon must be from 1 to {self.ensemble.horizon}, for which it was trained, got {steps}. "
                "Fit again for a longer one."
            )
        if data is None:
            return _frame(self.panel, self.ensemble.trained[:, :steps])
        panel = data if isinstance(data, Panel) else self.read(data)
        return _frame(panel, self.ensemble.forecast(panel, steps))

    def read(self, data: Any) -> Panel:
        """Return other series, on the grid of those that the models were trained on.

        Args:
            data: The series up to the origin, as `fit` took them.

        Raises:
            InputError: The data hold no such series.
        """
        ensemble = self.ensemble
        panel = read_panel(read_series_table(data), ensemble.columns, frequency=ensemble.frequency)
        return replace(panel, seasons=ensemble.seasons)

    def leaderboard(self) -> pd.DataFrame:
        """Return the trained models, the best first: scores, times, size and weight in the ensemble.

        Others trained those that are `pretrained`, perhaps on these series, so that their scores may flatter them.
        """
        import pandas as pd

        study, metric = self.study, self.study.objective.primary
        complete = [trial for trial in study.trials if trial.state is State.COMPLETE]
        complete.sort(key=lambda trial: (bool(study.objective.violation(trial.metrics)), trial.metrics[metric.name]))
        return pd.DataFrame(
            [
                {
                    "trial": trial.number,
                    "family": trial.parameters["family"],
                    "pretrained": plugins.load("forecasters", str(trial.parameters["family"])).profile.is_pretrained,
                    **trial.metrics,
                    "seconds": trial.seconds,
                    "feasible": not study.objective.violation(trial.metrics),
                    "weight": self.ensemble.combination.weights.get(trial.number, 0.0),
                }
                for trial in complete
            ]
        )

    def test_scores(self) -> HeldOutScores | None:
        """Return the scores on the test part that `fit` was given; None if it was given none.

        They are computed once for a model, and kept in the study's folder. Nothing is chosen by them.
        """
        return score_test_part(self.folder, self.panel, self.study, self.ensemble)

    def export(self, path: Path | str | None = None, to: str | None = None) -> Export:
        """Write the models for other programs, as a script that trains them, or as a model card.

        Args:
            path: The file; by default `model.onnx`, `model.py` or `model.md` in the study's folder.
            to: `onnx`, `script` or `card`; by default that of the suffix: `.onnx`, `.py` or `.md`.

        Raises:
            InputError: The form is not known, or cannot express any of the models.
        """
        return export_model(self.folder, self.ensemble, path, to)

    def report(self, path: Path | str | None = None) -> Path:
        """Write one self-contained HTML page, `report.html` in the study's folder by default; return its path."""
        return write_forecasts(self.study, self.ensemble, path)

    def workflow(self, path: Path | str | None = None) -> Path:
        """Write the fit as a Python program that repeats its decisions, each with the reason; return its path.

        Args:
            path: The file; by default `workflow.py` in the study's folder, which `fit` writes itself.

        Raises:
            OutputError: The file cannot be written.
        """
        return write_forecast_workflow(self.study, self.ensemble, path)

    def diagnose(self) -> tuple[Diagnosis, ...]:
        """Return where the forecasts are weak and what helps, the most severe first; see also `report`."""
        return forecast_weaknesses(assess_forecasts(self.study, self.ensemble))

    @property
    def request(self) -> FitRequest | None:
        """What was understood of the words that the fit began with; None if there were none."""
        return kept_request(self.folder)

    @property
    def task(self) -> ForecastTask:
        """The task of the study."""
        task = self.study.task
        assert isinstance(task, ForecastTask)
        return task

    def __repr__(self) -> str:
        ensemble = self.ensemble
        members = wording.count(len(ensemble.members), "model")
        return f"<ForecastResult {ensemble.columns.targets[0]!r}: {ensemble.metric} {ensemble.score:.6g}, {members}>"


def _is_outdated(folder: Path) -> bool:
    """Return whether a trial was trained after the models were combined, as in a session that was killed."""
    made = folder / MODEL_FOLDER
    if not made.exists():
        return True
    combined = made.stat().st_mtime
    return any(
        forecasts.stat().st_mtime > combined
        for forecasts in (folder / "trials").glob(f"*/{ARTIFACTS_FOLDER}/{FORECAST_FILE}")
    )


def _frame(panel: Panel, forecast: Floats) -> pd.DataFrame:
    """Return forecasts as a table, one row for each step of each series."""
    import pandas as pd

    steps = forecast.shape[1]
    columns: dict[str, Any] = {}
    keys = panel.keys or ([(name,) for name in panel.names] if panel.columns.keys else [])
    for place, name in enumerate(panel.columns.keys):
        texts = [key[place] for key in keys]
        are_whole = name in panel.columns.whole and all(text.removeprefix("-").isdecimal() for text in texts)
        columns[name] = np.repeat([*map(int, texts)] if are_whole else texts, steps)
    positions = ((panel.starts + panel.lengths)[:, None] + np.arange(steps)).reshape(-1)
    stamps = panel.frequency.zoned_stamps(positions)
    columns[panel.columns.time or "step"] = stamps if panel.frequency.zone else written(stamps, panel.columns.form)
    columns[panel.target if len(panel.columns.targets) == 1 else "value"] = forecast[..., MEDIAN].reshape(-1)
    for position, level in enumerate(LEVELS):
        if position != MEDIAN:
            columns[f"q{level:g}"] = forecast[..., position].reshape(-1)
    return pd.DataFrame(columns)
