"""The best combination of the forecasting models of a study."""

from __future__ import annotations

from collections.abc import Collection
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
from ..files import MODEL_FOLDER, KeptOptions

_ADDED_UP = ("model_mb", "forecast_seconds")
"""What an ensemble costs is the sum of what its members cost."""


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
    candidates = _candidates(study)
    if not candidates:
        raise InputError("no model was trained in time. Allow more minutes.")
    kept = None if study.folder is None else KeptOptions.load(study.folder)
    single = kept is not None and kept.interpretable
    return ForecastCombination.fit(
        task.backtest,
        {trial.number: _read(trial, forecast.BACKTEST_FILE) for trial in candidates},
        forecast_score(task.metric),
        kinds={trial.number: str(trial.parameters["family"]) for trial in candidates},
        fits=lambda members: _allow(study, members, single=single),
        own_weights=not single,
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


def _candidates(study: Study) -> list[Trial]:
    """Return the complete trials that keep all limits; if none does, the one that comes nearest."""
    complete = [trial for trial in study.trials if trial.state is State.COMPLETE]
    violations = {trial.number: study.objective.violation(trial.metrics) for trial in complete}
    feasible = [trial for trial in complete if not violations[trial.number]]
    return feasible or sorted(complete, key=lambda trial: violations[trial.number])[:1]


def _allow(study: Study, members: Collection[int], *, single: bool) -> bool:
    """Return whether some trials may be combined."""
    if single and len(members) > 1:
        return False
    metrics = [study.trials[number].metrics for number in members]
    totals = {name: sum(one.get(name, 0.0) for one in metrics) for name in _ADDED_UP}
    limits = [limit for limit in study.objective.constraints if limit.metric in totals]
    return not any(limit.violation(totals) for limit in limits)


def _place(trial: Trial) -> Any:
    assert trial.folder is not None
    return trial.folder / ARTIFACTS_FOLDER


def _read(trial: Trial, name: str) -> np.ndarray:
    return np.asarray(np.load(_place(trial) / name, allow_pickle=False))
