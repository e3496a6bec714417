"""One trial in a job that has an end of its own."""

from __future__ import annotations

import time
from pathlib import Path

from tunesmith.core.trial import Trial, TrialRequest
from tunesmith.execution.portable import PortableTask
from tunesmith.executors.process import ProcessExecutor
from tunesmith.executors.process.alone import run_alone, run_until
from tunesmith.tasks.function import FunctionTask
from tunesmith.trial_folder.result import Result, read_result
from tunesmith.trial_folder.stop import request_stop


def _saves(parameters: dict[str, float], trial: Trial) -> float:
    file = trial.checkpoint / "epochs"
    epochs = int(file.read_text()) if file.exists() else 0
    while epochs < parameters["epochs"]:
        epochs += 1
        file.write_text(str(epochs))
        time.sleep(0.1)
    return float(epochs)


def _forgets(parameters: dict[str, float], trial: Trial) -> float:
    time.sleep(600)
    return 1.0


def _run(function: object, folder: Path, seconds: float, *, attempt: int = 1, epochs: int = 25) -> Result:
    request = TrialRequest(number=0, attempt=attempt, parameters={"epochs": epochs}, seed=0, folder=folder)
    task = PortableTask(FunctionTask(function=function, metric="y"))  # type: ignore[arg-type]
    result = run_until(seconds, task, request, ProcessExecutor(grace_seconds=0.2))
    assert read_result(folder, attempt) == result or result["state"] == "failed"
    return result


def test_a_trial_goes_on_from_its_checkpoint_in_the_next_job(tmp_path: Path) -> None:
    kinds, result = [], _run(_saves, tmp_path / "0000", 2.5)
    while result["state"] == "failed":
        assert result["failure"] is not None
        kinds.append(result["failure"]["kind"])
        result = _run(_saves, tmp_path / "0000", 2.5, attempt=len(kinds) + 1)
    assert result["metrics"] == {"y": 25.0}
    assert set(kinds) == {"preempted"}


def test_a_trial_without_checkpoint_that_has_no_end_in_its_job_is_a_timeout(tmp_path: Path) -> None:
    result = _run(_forgets, tmp_path / "0000", 2.0)
    assert result["failure"] is not None
    assert result["failure"]["kind"] == "timeout"
    assert "allow a longer walltime" in result["failure"]["reason"]


def test_a_trial_is_not_started_shortly_before_its_job_ends(tmp_path: Path) -> None:
    result = _run(_saves, tmp_path / "0000", 1.0)
    assert result["failure"] is not None
    assert result["failure"]["kind"] == "preempted"
    assert not (tmp_path / "0000" / "checkpoint").exists()


def test_a_trial_that_was_stopped_while_it_waited_does_not_start(tmp_path: Path) -> None:
    request = TrialRequest(number=0, attempt=1, parameters={"epochs": 1}, seed=0, folder=tmp_path)
    request_stop(tmp_path)
    task = PortableTask(FunctionTask(function=_saves, metric="y"))
    assert run_alone(task, request, ProcessExecutor())["state"] == "pruned"
