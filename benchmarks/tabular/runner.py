"""Runs one contender on one table in a process of its own, and measures it from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from .environments import Contender, python
from .store import Run
from .tables import TARGET, BenchTable

_KILL_AT = 1.2  # Times the budget: then a run has failed.
_PREDICT_SECONDS = 120.0  # On top, to load and to predict.
_POLL_SECONDS = 0.25
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
    script = Path(__file__).with_name("peers") / contender.script
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [python(contender.environment), script, folder],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=_environment(cores),
            start_new_session=True,
        )
        peak = _watch(process, started + _KILL_AT * seconds, folder)
    done = folder / "done.json"
    if not done.exists():
        return Run(error=(folder / "log.txt").read_text(errors="replace")[-2000:], peak_mb=peak)
    facts = json.loads(done.read_text())
    return Run(loss=_loss(table, np.load(folder / "predictions.npy")), peak_mb=peak, **facts)


def _environment(cores: int) -> dict[str, str]:
    """Return the variables of a contender: as many threads as cores, wherever a library asks."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(cores))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "TUNESMITH"))}
    return {**kept, **threads}


def _watch(process: subprocess.Popen[bytes], deadline: float, folder: Path) -> float:
    """Wait for a process and kill what takes too long; return the peak memory of its tree, in 10^6 bytes.

    Shared pages count once for each process that maps them, as in Linux' proportional share.
    """
    root, peak = psutil.Process(process.pid), 0.0
    while process.poll() is None:
        limit = deadline + (_PREDICT_SECONDS if _has_saved(folder) else 0.0)
        if time.time() > limit:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            break
        peak = max(peak, _tree_mb(root))
        time.sleep(_POLL_SECONDS)
    return peak


def _has_saved(folder: Path) -> bool:
    """Tell whether the model is there, so that the contender predicts by now."""
    return any((folder / name).exists() for name in _SAVED)


def _tree_mb(root: psutil.Process) -> float:
    total = 0
    try:
        for process in (root, *root.children(recursive=True)):
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
    except psutil.Error:
        pass
    return total / 1e6


def _loss(table: BenchTable, predictions: np.ndarray) -> float:
    target = pd.read_csv(table.test, usecols=[TARGET])[TARGET]
    if table.kind == "regression":
        return float(np.sqrt(np.mean((predictions[:, 0] - target.to_numpy()) ** 2)))
    classes = sorted(pd.read_csv(table.train, usecols=[TARGET])[TARGET].unique(), key=str)
    index = {name: position for position, name in enumerate(classes)}
    shares = np.clip(predictions / predictions.sum(axis=1, keepdims=True), 1e-15, 1)
    return float(-np.log(shares[np.arange(len(target)), target.map(index).to_numpy()]).mean())
