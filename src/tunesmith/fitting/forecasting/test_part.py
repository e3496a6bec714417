"""The scores on the part of time series that is kept for one last test."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ...core.arrays import Floats
from ...core.trial import State
from ...ensembles.forecast_ensemble import ForecastEnsemble
from ...series.backtest import scales_of
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
    are known ahead, and the test part has them, they are made with them.

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
    model = ", ".join(f"{trial}: {weight:.12g}" for trial, weight in sorted(ensemble.combination.weights.items()))
    if model not in kept:
        kept[model] = asdict(_scores(held_out, panel, study, ensemble))
        path.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
    return replace(HeldOutScores(**kept[model]), models=len(kept))


def _scores(held_out: HeldOut, panel: Panel, study: Study, ensemble: ForecastEnsemble) -> HeldOutScores:
    steps = held_out.actual.shape[1]
    forecast = ensemble.trained[:, :steps]
    if held_out.future is not None:
        forecast = ensemble.forecast(replace(panel, future=held_out.future), steps)
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


def _baseline(study: Study) -> Floats | None:
    """Return the forecasts of trial 0, which repeats the last season."""
    first = study.trials[0]
    if first.state is not State.COMPLETE or first.folder is None:
        return None
    path = first.folder / ARTIFACTS_FOLDER / FORECAST_FILE
    return np.load(path, allow_pickle=False).astype(np.float64) if path.exists() else None


def _metrics(actual: Floats, forecast: Floats, scales: Floats) -> dict[str, float | None]:
    values = {name: score.mean(actual, forecast.astype(np.float64), scales) for name, score in SCORES.items()}
    return {name: value if np.isfinite(value) else None for name, value in values.items()}
