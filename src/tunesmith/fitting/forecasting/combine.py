"""The best combination of the forecasting models of a study."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.arrays import Floats
from ...core.machine_faults import writing
from ...core.trial import State, Trial
from ...ensembles.forecast_combination import ForecastCombination
from ...ensembles.forecast_ensemble import ForecastEnsemble, ForecastMember, save_forecast_ensemble
from ...errors import InputError
from ...series.scores import forecast_score
from ...study.study import Study
from ...tasks import forecast
from ...tasks.forecast import ForecastTask
from ...trial_folder.names import ARTIFACTS_FOLDER
from ..files import MODEL_FOLDER
from ..rules import ADDED_UP_OF_FORECASTS, EnsembleRules


def combine_forecasts(study: Study, task: ForecastTask) -> None:
    """Save the ensemble of a study's complete trials in the study's folder.

    Raises:
        InputError: No trial is complete.
        OutputError: The folder cannot be written.
    """
    assert study.folder is not None
    combination, backtested = chosen_forecasts(study, task)
    backtest, score = task.backtest, forecast_score(task.metric)
    members = [trial for trial in study.trials if trial.number in combination.weights]
    with writing(study.folder / MODEL_FOLDER):
        save_forecast_ensemble(
            study.folder / MODEL_FOLDER,
            task.loaded,
            horizon=task.horizon,
            metric=task.metric,
            score=score.mean(backtest.actual, backtested, backtest.scales),
            combination=combination,
            parameters={trial.number: trial.parameters for trial in members},
            models={trial.number: _place(trial) / forecast.MODEL_FOLDER for trial in members},
            forecasts={trial.number: _read(trial, forecast.FORECAST_FILE) for trial in members},
            backtested=backtested,
        )


def chosen_forecasts(study: Study, task: ForecastTask) -> tuple[ForecastCombination, Floats]:
    """Return how the complete trials of a study are best combined, and its forecasts of the backtest.

    Raises:
        InputError: No trial is complete.
    """
    rules = EnsembleRules.of(study, added_up=ADDED_UP_OF_FORECASTS)
    candidates = rules.candidates
    if not candidates:
        raise InputError("no model was trained in time. Allow more minutes.")
    return ForecastCombination.fit(
        task.backtest,
        {trial.number: _read(trial, forecast.BACKTEST_FILE) for trial in candidates},
        forecast_score(task.metric),
        kinds={trial.number: str(trial.parameters["family"]) for trial in candidates},
        fits=rules.allow,
        own_weights=not rules.interpretable,
    )


def trial_ensemble(study: Study, trial: Trial) -> ForecastEnsemble:
    """Return the model of one trial as an ensemble of one.

    Raises:
        InputError: The trial has no model.
    """
    task = study.task
    if trial.state is not State.COMPLETE or trial.folder is None or not isinstance(task, ForecastTask):
        raise InputError(f"only a complete trial of a fit has a model, but trial {trial.number} is {trial.state}.")
    panel, place = task.loaded, _place(trial)
    return ForecastEnsemble(
        columns=panel.columns,
        names=panel.names,
        frequency=panel.frequency,
        seasons=panel.seasons,
        horizon=task.horizon,
        metric=task.metric,
        score=trial.metrics[task.metric],
        combination=ForecastCombination(weights={trial.number: 1.0}),
        members={
            trial.number: ForecastMember(
                trial=trial.number, parameters=trial.parameters, folder=place / forecast.MODEL_FOLDER
            )
        },
        trained=_read(trial, forecast.FORECAST_FILE),
        backtested=_read(trial, forecast.BACKTEST_FILE),
    )


def _place(trial: Trial) -> Any:
    assert trial.folder is not None
    return trial.folder / ARTIFACTS_FOLDER


def _read(trial: Trial, name: str) -> np.ndarray:
    return np.asarray(np.load(_place(trial) / name, allow_pickle=False))
