"""Trials in pilot jobs of a real Slurm: of a killed session, cancelled, and at the end of their time."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path

import psutil
import pytest

from tests.integration.conftest import command
from tests.slurm import slurm
from tests.waiting import wait_until
from tunesmith import load
from tunesmith.core.trial import Measurement, Trial, TrialFailed, TrialRequest
from tunesmith.executors import _scheduler, parsl
from tunesmith.executors.parsl import ParslExecutor
from tunesmith.tasks.function import FunctionTask

SCRIPT = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
(folder / "began").touch()
while float(sys.argv[2]) == 0.9 and not pathlib.Path("go").exists():
    time.sleep(0.1)
print("loss", sys.argv[2])
"""
STUDY = """
[study]
objective = "minimize loss"
[task]
command = "python train.py {trial_dir} {x}"
[space]
x = { type = "float", low = 0.0, high = 1.0, default = 0.9 }
[budget]
trials = 2
[execution]
executor = "parsl:2"
scheduler = "slurm"
trials_per_node = 2
walltime = "00:10:00"
grace_seconds = 1.0
[search]
proposer = "random"
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with slurm(tmp_path_factory.mktemp("slurm")) as variables:
        yield variables


@pytest.fixture(autouse=True)
def environment(cluster: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cluster.items():
        monkeypatch.setenv(name, value)


def jobs() -> list[str]:
    return subprocess.check_output(["squeue", "-h", "-o", "%i"], text=True).split()


def started(folder: Path) -> subprocess.Popen[bytes]:
    """Start a study; its output goes to a file, as Parsl's helpers would hold a pipe open after a kill."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command("run", "--folder", "s"), cwd=folder, stdout=output, stderr=output)
    wait_until((folder / "s/trials/0000/began").exists, "trial 0", seconds=90)
    return process


def test_a_killed_session_leaves_a_pilot_job_that_the_next_one_ends(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "study.toml").write_text(STUDY)
    process = started(tmp_path)
    (left,) = jobs()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert jobs() == [left]
    (tmp_path / "s/trials/0000/began").unlink()
    process = started(tmp_path)
    assert left not in jobs()
    (tmp_path / "go").touch()
    assert process.wait(timeout=90) == 0, (tmp_path / "output").read_text()
    wait_until(lambda: not jobs(), "the end of all pilot jobs")
    left_here = [process for process in psutil.process_iter(["cwd"]) if process.info["cwd"] == str(tmp_path)]
    assert not left_here, "Parsl's helpers end with their study, or at the start of the next session"
    states = [(trial.number, str(trial.state), trial.attempt) for trial in load(tmp_path / "s").trials]
    assert states == [(0, "complete", 2), (1, "complete", 1)]


def count_up(parameters: Mapping[str, object], trial: Trial) -> float:
    """Count to the number in the file `to`, with a checkpoint at every step; return where it began."""
    assert trial.folder is not None
    assert trial.checkpoint is not None
    kept = trial.checkpoint / "reached"
    first = int(kept.read_text()) if kept.exists() else 0
    for number in range(first, 100_000):
        kept.write_text(str(number))
        if number == 3:
            (trial.folder / "began").touch()
        if number - first >= 3 and (trial.folder.parent / "go").exists():
            return float(first)
        time.sleep(0.1)
    raise AssertionError


def submit(executor: ParslExecutor, folder: Path, attempt: int) -> Future[Measurement]:
    request = TrialRequest(number=0, attempt=attempt, parameters={}, seed=0, folder=folder / "trials" / "0000")
    return executor.submit(FunctionTask(function=count_up, metric="first"), request)


def test_a_trial_whose_pilot_job_is_cancelled_is_lost_and_another_pilot_job_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsl, "_HEARTBEAT_SECONDS", 3)
    monkeypatch.setattr(_scheduler, "STATUS_SECONDS", 1)
    with ParslExecutor(
        slots=1, scheduler="slurm", walltime="00:10:00", grace_seconds=1.0, address="127.0.0.1"
    ) as executor:
        executor.open(lambda number, attempt, step, metrics: None, folder=tmp_path)
        future = submit(executor, tmp_path, 1)
        wait_until((tmp_path / "trials/0000/began").exists, "the trial")
        (first,) = jobs()
        subprocess.run(["scancel", first], check=True)
        with pytest.raises(TrialFailed) as raised:
            future.result(60)
        assert raised.value.failure.kind == "lost"
        (tmp_path / "trials/go").touch()
        assert submit(executor, tmp_path, 2).result(150).metrics["first"] > 0
        assert first not in jobs()


def test_a_trial_is_stopped_before_its_pilot_job_ends_and_goes_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_scheduler, "STATUS_SECONDS", 1)
    # The trial may take 15 s to end, and as much for its result, so it is stopped 36 s before the end of the minute.
    with ParslExecutor(
        slots=1, scheduler="slurm", walltime="00:01:00", grace_seconds=15.0, address="127.0.0.1"
    ) as executor:
        executor.open(lambda number, attempt, step, metrics: None, folder=tmp_path)
        future = submit(executor, tmp_path, 1)
        wait_until((tmp_path / "trials/0000/began").exists, "the trial")
        (first,) = jobs()
        with pytest.raises(TrialFailed, match="goes on from its checkpoint") as raised:
            future.result(60)
        assert raised.value.failure.kind == "preempted"
        (tmp_path / "trials/go").touch()
        assert submit(executor, tmp_path, 2).result(150).metrics["first"] > 20
        assert first not in jobs()
