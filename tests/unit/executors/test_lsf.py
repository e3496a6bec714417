"""The script that `LsfExecutor` submits: no LSF is to be had here, so its commands are replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.executors.test_scheduler import lsf
from tests.waiting import wait_until

from tunesmith.core.trial import Measurement, Trial, TrialRequest
from tunesmith.executors.lsf import LsfExecutor
from tunesmith.tasks.function import FunctionTask

RUNS_IT = """#!/bin/sh
case "$0" in
  *bsub)
    cat > {folder}/script
    sh {folder}/script > {folder}/output 2>&1 &
    echo "Job <17> is submitted to queue <short>." ;;
  *bjobs) echo "17 RUN" ;;
esac
"""


def _train(parameters: dict[str, float], trial: Trial) -> float:
    return parameters["x"]


def test_the_script_asks_for_what_the_options_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lsf(tmp_path, monkeypatch, RUNS_IT)
    executor = LsfExecutor(
        cores=4, memory_gb=7.5, gpus=1, walltime="02:30:00", queue="short", project="physics", options="#BSUB -x"
    )
    request = TrialRequest(number=3, attempt=1, parameters={"x": 2.0}, seed=0, folder=tmp_path / "trials" / "0003")
    with executor:
        executor.open(lambda number, attempt, step, metrics: None)
        future = executor.submit(FunctionTask(function=_train, metric="y"), request)
        wait_until(future.done, "the job's result")
    result = future.result()
    assert isinstance(result, Measurement)
    assert result.metrics == {"y": 2.0}
    lines = (tmp_path / "script").read_text().splitlines()
    expected = {"-P physics", "-q short", "-n 4", '-R "span[ptile=4]"', "-M 8GB", '-gpu "num=1"', "-x", "-W 150"}
    assert {f"#BSUB {option}" for option in expected} <= set(lines)
