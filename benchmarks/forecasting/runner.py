"""Runs one contender on one set of series in a process of its own, and scores its forecasts."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from ..contenders import Contender, run_watched
from .environments import ENVIRONMENTS
from .series_sets import SeriesSet
from .store import Run

_KILL_AT = 1.2  # Times the budget: then a run has failed.
_FORECAST_SECONDS = 120.0  # On top, to load and to forecast.


def run(contender: Contender, series: SeriesSet, seconds: float, cores: int) -> Run:
    """Return what a contender reached on a set; its scores are NaN if it failed."""
    folder = Path(tempfile.mkdtemp(prefix="forecasting-"))
    try:
        return _run(contender, series, seconds, cores, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(contender: Contender, series: SeriesSet, seconds: float, cores: int, folder: Path) -> Run:
    train, test = series.tables()
    train.to_csv(folder / "train.csv", index=False)
    started = time.time()
    job = {
        "train": str(folder / "train.csv"),
        "horizon": series.horizon,
        "season": series.season,
        "frequency": series.frequency,
        "seconds": seconds,
        "cores": cores,
        "started": started,
        "variant": contender.variant,
    }
    (folder / "job.json").write_text(json.dumps(job))
    peak = run_watched(
        [ENVIRONMENTS.python(contender.environment), Path(__file__).with_name("peers") / contender.script, folder],
        folder,
        cores=cores,
        deadline=started + _KILL_AT * seconds,
        saved=("study/model/manifest.json", "autogluon/predictor.pkl"),
        after_seconds=_FORECAST_SECONDS,
    )
    if not (folder / "done.json").exists():
        return Run(error=(folder / "log.txt").read_text(errors="replace")[-2000:], peak_mb=peak)
    facts = json.loads((folder / "done.json").read_text())
    mase, smape = scores(train, test, np.load(folder / "forecast.npy"), series.season)
    return Run(mase=mase, smape=smape, peak_mb=peak, **facts)


def scores(train: pd.DataFrame, test: pd.DataFrame, forecast: np.ndarray, season: int) -> tuple[float, float]:
    """Return MASE, and sMAPE in percent, averaged over series.

    Args:
        train: The training part, sorted by series and time.
        test: The values after it.
        forecast: The forecasts of the series sorted by name, shape `(series, horizon)`.
        season: The season length of MASE; series that are shorter are compared with their neighbours.
    """
    mase, smape = [], []
    for (_, past), (_, ahead), predicted in zip(train.groupby("series"), test.groupby("series"), forecast, strict=True):
        history, actual = past["value"].to_numpy(), ahead["value"].to_numpy()
        lag = season if len(history) > season else 1
        scale = np.abs(history[lag:] - history[:-lag]).mean()
        errors, sizes = np.abs(actual - predicted), np.abs(actual) + np.abs(predicted)
        if scale > 0:
            mase.append(errors.mean() / scale)
        smape.append(200 * np.divide(errors, sizes, out=np.zeros(len(errors)), where=sizes > 0).mean())
    return float(np.mean(mase)), float(np.mean(smape))
