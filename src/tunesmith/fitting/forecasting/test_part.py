"""The scores on the part of time series that is kept for one last test."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ... import plugins
from ...core.arrays import Floats
from ...core.trial import Trial
from ...ensembles.forecast_combination import ForecastCombination
from ...ensembles.forecast_ensemble import ForecastEnsemble
from ...forecasters.base import baseline_trial
from ...series.backtest import scales_of
from ...series.bounds import bounded
from ...series.held_out import HeldOut, HeldOutScores
from ...series.panel import Panel
from ...series.scores import SCORES, coverage
from ...study.study import Study
from ...tasks.forecast import FORECAST_FILE
from ...trial_folder.names import ARTIFACTS_FOLDER
from .prepare import PANEL_FOLDER

_FILE = "test_scores.json"


def score_test_part(folder: Path, panel: Panel, study: Study, ensemble: ForecastEnsemble) -> HeldOutScores | None:
    """Return the scores of an ensemble on the test part; None if `fit` was given none.

    The scores are computed once, and kept in the study's folder. The forecasts are those of the fit; where covariates
    are known ahead, and the test part has them, the members that look at them forecast again.

    Args:
        folder: The study's folder.
        panel: The series that the ensemble was trained on.
        study: The study.
        ensemble: The models.
    """
    held_out = HeldOut.load(folder / PANEL_FOLDER)
    if held_out is None:
        return None
    path = folder / _FILE
    kept: dict[str, dict[str, Any]] = orjson.loads(path.read_bytes()) if path.exists() else {}
    model = _name(ensemble.combination)
    if model not in kept:
        kept[model] = asdict(_scores(held_out, panel, study, ensemble))
        path.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
    return replace(HeldOutScores(**kept[model]), models=len(kept))


def _scores(held_out: HeldOut, panel: Panel, study: Study, ensemble: ForecastEnsemble) -> HeldOutScores:
    steps = held_out.actual.shape[1]
    forecast = ensemble.trained[:, :steps]
    covariates = panel.columns.covariates
    if held_out.future is not None and covariates is not None and set(covariates.known) - set(covariates.static):
        forecast = _with_covariates(replace(panel, future=held_out.future), study, ensemble, steps)
    rows = np.flatnonzero(np.isfinite(held_out.actual).any(axis=1))
    actual = held_out.actual[rows]
    scales = np.array([scales_of(panel.history(int(index)), panel.season) for index in rows]).reshape(-1, 2)
    baseline = _baseline(study)
    return HeldOutScores(
        steps=steps,
        series=len(rows),
        metrics=_metrics(actual, forecast[rows], scales),
        baseline={} if baseline is None else _metrics(actual, baseline[rows, :steps], scales),
        coverage=coverage(actual, forecast[rows]),
    )


def _with_covariates(panel: Panel, study: Study, ensemble: ForecastEnsemble, steps: int) -> Floats:
    """Return the ensemble's forecasts with known covariates; of members that do not look at them, those of the fit."""
    forecasts = {}
    for trial, member in ensemble.members.items():
        if plugins.load("forecasters", member.family).profile.uses_covariates:
            forecasts[trial] = bounded(member.model.forecast(panel, steps), panel)
        else:
            forecasts[trial] = _kept(study.trials[trial])[:, :steps]
    return bounded(ensemble.combination.apply(forecasts, np.arange(len(panel))), panel)


def _name(combination: ForecastCombination) -> str:
    """Return what tells a model from others of the same study: its members, and a digest of how they are combined."""
    weights = ", ".join(f"{trial}: {weight:.12g}" for trial, weight in sorted(combination.weights.items()))
    own = b"" if combination.by_series is None else combination.by_series.tobytes()
    digest = hashlib.sha256(f"{combination.width} {combination.median_share}".encode() + own).hexdigest()
    return f"{weights}, {digest[:8]}"


def _kept(trial: Trial) -> Floats:
    """Return the forecasts that a trial made after its training."""
    assert trial.folder is not None
    kept = np.load(trial.folder / ARTIFACTS_FOLDER / FORECAST_FILE, allow_pickle=False)
    return np.asarray(kept, dtype=np.float64)


def _baseline(study: Study) -> Floats | None:
    """Return the forecasts that repeat the last season."""
    first = baseline_trial(study.trials)
    try:
        return None if first is None else _kept(first)
    except OSError:
        return None


def _metrics(actual: Floats, forecast: Floats, scales: Floats) -> dict[str, float | None]:
    values = {name: score.mean(actual, forecast.astype(np.float64), scales) for name, score in SCORES.items()}
    return {name: value if np.isfinite(value) else None for name, value in values.items()}
