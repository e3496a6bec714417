"""Runs one contender on one table in a process of its own, and measures it from outside."""

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
from .store import Run
from .tables import TARGET, BenchTable

_KILL_AT = 1.2  # Times the budget: then a run has failed.
_PREDICT_SECONDS = 120.0  # On top, to load and to predict.
_SAVED = ("model.pickle", "study/model/manifest.json", "autogluon/predictor.pkl")


def run(contender: Contender, table: BenchTable, seconds: float, cores: int) -> Run:
    """Return what a contender reached on a table; its loss is NaN if it failed."""
    folder = Path(tempfile.mkdtemp(prefix="tabular-"))
    try:
        return _run(contender, table, seconds, cores, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(contender: Contender, table: BenchTable, seconds: float, cores: int, folder: Path) -> Run:
    started = time.time()
    job = {
        "train": str(table.train),
        "test": str(table.test),
        "target": TARGET,
        "kind": table.kind,
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
        saved=_SAVED,
        after_seconds=_PREDICT_SECONDS,
    )
    done = folder / "done.json"
    if not done.exists():
        return Run(error=(folder / "log.txt").read_text(errors="replace")[-2000:], peak_mb=peak)
    facts = json.loads(done.read_text())
    return Run(loss=_loss(table, np.load(folder / "predictions.npy")), peak_mb=peak, **facts)


def _loss(table: BenchTable, predictions: np.ndarray) -> float:
    target = pd.read_csv(table.test, usecols=[TARGET])[TARGET]
    if table.kind == "regression":
        return float(np.sqrt(np.mean((predictions[:, 0] - target.to_numpy()) ** 2)))
    classes = sorted(pd.read_csv(table.train, usecols=[TARGET])[TARGET].unique(), key=str)
    index = {name: position for position, name in enumerate(classes)}
    shares = np.clip(predictions / predictions.sum(axis=1, keepdims=True), 1e-15, 1)
    return float(-np.log(shares[np.arange(len(target)), target.map(index).to_numpy()]).mean())
