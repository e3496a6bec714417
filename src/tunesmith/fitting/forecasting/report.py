"""The report of a fit of time series."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__, plugins
from ...core.arrays import Floats
from ...core.trial import State, Trial
from ...diagnosis.forecast_assessment import ForecastAssessment, ForecastRow
from ...ensembles.forecast_combination import ForecastCombination
from ...ensembles.forecast_ensemble import ForecastEnsemble
from ...errors import InputError, TunesmithError
from ...forecasters.base import baseline_trial
from ...series.analysis import analyse_series
from ...series.levels import LEVELS
from ...study.study import Study
from ...tasks.forecast import BACKTEST_FILE, ForecastTask
from ...text.shell import command
from ...trial_folder.names import ARTIFACTS_FOLDER
from ..workflow import WORKFLOW_FILE
from .test_part import score_test_part

_LOGGER = logging.getLogger(__name__)


def assess_forecasts(study: Study, ensemble: ForecastEnsemble) -> ForecastAssessment:
    """Return what is known about the forecasts of a study's ensemble; see `assess`."""
    return assess(study, ensemble.combination, ensemble.backtested, ensemble.trained)


def assess(
    study: Study, combination: ForecastCombination, backtested: Floats, future: Floats | None = None
) -> ForecastAssessment:
    """Return what is known about the forecasts of a combination of a study's models.

    Args:
        study: A study whose task is time series.
        combination: How its trials are combined.
        backtested: The forecasts of the backtest, shape `(rows, steps, levels)`.
        future: Those after the ends of the series, shape `(series, horizon, levels)`; none if they are not needed.

    Raises:
        InputError: The study is no fit of time series, or its forecasts are gone.
    """
    task = study.task
    if not isinstance(task, ForecastTask):
        raise InputError("the study must be a fit of time series.")
    complete = [trial for trial in study.trials if trial.state is State.COMPLETE]
    ranked = sorted(complete, key=lambda trial: trial.metrics[task.metric])
    weights = combination.weights
    if future is None:
        future = np.empty((0, task.horizon, len(LEVELS)))
    try:
        single, baseline = _backtest(ranked[0]), _backtest(baseline_trial(complete) or complete[0])
    except OSError as error:
        raise InputError(f"the forecasts of a trial are gone: {error.strerror or error}.") from None
    return ForecastAssessment(
        metric=task.metric,
        backtest=task.backtest,
        forecast=backtested.astype(np.float64),
        single=single,
        baseline=baseline,
        future=future.astype(np.float64),
        rows=[_row(trial, task.metric, weights.get(trial.number, 0.0)) for trial in ranked],
        analysis=analyse_series(task.loaded, task.horizon),
    )


def _backtest(trial: Trial) -> np.ndarray:
    assert trial.folder is not None
    stored = np.load(trial.folder / ARTIFACTS_FOLDER / BACKTEST_FILE, allow_pickle=False)
    return np.asarray(stored, dtype=np.float64)


def _row(trial: Trial, metric: str, weight: float) -> ForecastRow:
    family = str(trial.parameters["family"])
    own = {name.removeprefix(f"{family}."): value for name, value in trial.parameters.items() if name != "family"}
    profile = plugins.load("forecasters", family).profile
    return ForecastRow(
        trial=trial.number,
        title=profile.title,
        parameters=own,
        score=trial.metrics[metric],
        weight=weight,
        seconds=trial.seconds,
        model_bytes=1e6 * trial.metrics.get("model_mb", 0.0),
        pretrained=profile.is_pretrained,
    )


def write_forecasts(
    study: Study, ensemble: ForecastEnsemble, path: Path | str | None = None, *, thorough: bool = True
) -> Path:
    """Write the report of a fit of time series as one self-contained HTML page.

    Args:
        study: A study whose task is time series.
        ensemble: Its models.
        path: The file; `report.html` in the study's folder by default.
        thorough: Whether to take the time for everything; otherwise about a second.

    Returns:
        The path of the file.

    Raises:
        InputError: The study is no fit of time series, or its forecasts are gone.
        OutputError: The file cannot be written.
    """
    from ...reports.forecast.page import write_forecast_report

    assert study.folder is not None
    assessment = assess_forecasts(study, ensemble)
    facts: dict[str, Any] = {
        "seed": study.seed,
        "budget": study.budget.to_table(),
        "version": __version__,
        "folder": str(study.folder),
        "test": score_test_part(study.folder, assessment.backtest.panel, study, ensemble) if thorough else None,
        "reproduce": command("tunesmith", "reproduce", study.folder, assessment.rows[0].trial),
    }
    if (workflow := study.folder / WORKFLOW_FILE).exists():
        facts["workflow"] = command("python", workflow)
    return write_forecast_report(
        assessment,
        study.history,
        Path(path) if path is not None else study.folder / "report.html",
        title=study.name,
        facts=facts,
        proposer=study.engine.proposer,
        thorough=thorough,
    )


def write_forecasts_quickly(study: Study, ensemble: ForecastEnsemble) -> None:
    """Write the report at the end of a fit; one that cannot be written is no reason to lose the models."""
    try:
        write_forecasts(study, ensemble, thorough=False)
    except TunesmithError as error:
        _LOGGER.warning("no report was written: %s", error)
