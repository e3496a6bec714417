"""Supervisors that wait in a pool's worker for the next trial."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import cast

import psutil
import pytest

from tunesmith.core.trial import Trial, TrialFailed, TrialRequest
from tunesmith.execution.portable import PortableTask
from tunesmith.executors.process import ProcessExecutor, standby
from tunesmith.executors.process.alone import run_alone
from tunesmith.executors.process.standby import close_waiting, supervisor
from tunesmith.tasks.base import Task
from tunesmith.tasks.function import FunctionTask


def _supervisor_pid(parameters: dict[str, float], trial: Trial) -> float:
    time.sleep(parameters.get("seconds", 0.0))
    return float(os.getppid())


_TASK = PortableTask(FunctionTask(function=_supervisor_pid, metric="pid"))


def _run(folder: Path, number: int, purpose: object, seconds: float = 0.0) -> int:
    place = folder / f"{number:04d}"
    request = TrialRequest(number=number, attempt=1, parameters={"seconds": seconds}, seed=0, folder=place)
    return int(run_alone(_TASK, request, ProcessExecutor(grace_seconds=0.2), purpose=purpose)["metrics"]["pid"])


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    yield
    close_waiting()


def test_trials_of_one_purpose_share_a_supervisor_and_others_end_it(tmp_path: Path) -> None:
    first = [_run(tmp_path, number, "this study") for number in range(3)]
    assert len(set(first)) == 1
    other = _run(tmp_path, 3, "another study")
    assert other != first[0]
    assert not psutil.pid_exists(first[0])
    close_waiting()
    assert not psutil.pid_exists(other)


def test_without_a_purpose_nothing_waits(tmp_path: Path) -> None:
    assert not psutil.pid_exists(_run(tmp_path, 0, None))


def test_trials_at_the_same_time_have_supervisors_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        pids = list(threads.map(lambda number: _run(tmp_path, number, "study", 0.5), range(4)))
    assert len(set(pids)) == 2


def test_a_supervisor_does_not_wait_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "_IDLE_SECONDS", 0.2)
    pid = _run(tmp_path, 0, "study")
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)
    assert _run(tmp_path, 1, "study") != pid


def test_an_interrupted_wait_ends_the_trial_and_its_supervisor(tmp_path: Path) -> None:
    request = TrialRequest(number=0, attempt=1, parameters={"seconds": 600.0}, seed=0, folder=tmp_path / "0000")
    running = []

    def interrupted() -> None:
        with supervisor(ProcessExecutor(grace_seconds=0.2), "study") as lent:
            running.append(lent.submit(cast("Task", _TASK), request))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(TrialFailed):
        running[0].result(20)


def test_the_supervisor_ends_with_the_worker_of_a_pool(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1) as pool:
        pids = [pool.submit(_run, tmp_path, number, "study").result(60) for number in range(2)]
        assert pids[0] == pids[1]
        assert psutil.pid_exists(pids[0])
    assert not psutil.pid_exists(pids[0])
