"""Whole studies with every kind of executor: run to the end, interrupted, killed, and resumed."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

import tunesmith as ts
from tests.detached_executor import DetachedExecutor
from tests.waiting import wait_until
from tunesmith.executors.pool import PoolExecutor
from tunesmith.journal.events import SessionClosed, TrialFinished
from tunesmith.journal.file import read_events

PROGRAM = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import tunesmith as ts
from tests.detached_executor import DetachedExecutor
from tunesmith.executors.pool import PoolExecutor
from tunesmith.runner import loop

loop.UNSTOPPABLE_GRACE_SECONDS = 0.5
kind, folder = sys.argv[1], Path(sys.argv[2])

def train(parameters, trial):
    (folder / f"began-{trial.number}-{trial.attempt}").touch()
    for step in range(4):
        trial.report(step, loss=parameters["x"] + 4 - step)
        while step == 1 and trial.number == 3 and not (folder / "go").exists():
            time.sleep(0.01)
    trial.artifact("model.txt").write_text(str(parameters["x"]))
    return {"loss": parameters["x"]}

EXECUTORS = {
    "inline": lambda: "inline",
    "process": lambda: "process:2",
    "threads": lambda: "pool:2",
    "processes": lambda: PoolExecutor(slots=2, pool=ProcessPoolExecutor),
    "no shared folder": lambda: PoolExecutor(slots=2, pool=ProcessPoolExecutor, shared_folder=False),
    "isolated": lambda: PoolExecutor(slots=2, pool=ProcessPoolExecutor, isolated=True, grace_seconds=0.5),
    "dask": lambda: {"name": "dask", "slots": 2, "grace_seconds": 0.5},
    "parsl": lambda: {"name": "parsl", "slots": 2, "grace_seconds": 0.5},
    "detached": lambda: DetachedExecutor(slots=2),
    "jobs": lambda: {"name": "jobs", "slots": 2, "poll_seconds": 0.5},
}

if __name__ == "__main__":
    folder.mkdir(exist_ok=True)
    ts.tune(
        train, space={"x": ts.Float(0, 1)}, objective="minimize loss", budget=ts.Budget(trials=8), proposer="random",
        folder=folder / "study", executor=EXECUTORS[kind](), judge={"name": "rules", "repeats": 0},
    )
"""
KINDS = [
    "inline",
    "process",
    "threads",
    "processes",
    "no shared folder",
    "isolated",
    "dask",
    "parsl",
    "detached",
    "jobs",
]
STOPS = ("inline", "process", "isolated", "dask", "parsl")
GOES_ON = ("detached", "jobs")


@pytest.fixture
def program(tmp_path: Path) -> Any:
    """Start the program with an executor; what is left of it is killed at the end."""
    (tmp_path / "program.py").write_text(PROGRAM)
    started = []
    # The program, its workers and detached jobs import an executor from the folder of the tests.
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path}

    def start(kind: str, folder: str = "run") -> subprocess.Popen[bytes]:
        output = (tmp_path / "output.txt").open("ab")
        words = [sys.executable, "program.py", kind, str(tmp_path / folder)]
        started.append(subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=output, stderr=output))
        output.close()
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
    (tmp_path / "run" / "go").touch()  # a detached job ends by itself
    wait_until(lambda: not jobs(tmp_path), "the end of all jobs")


def jobs(folder: Path) -> list[int]:
    """Return the processes that have a folder in their command line, but not the test's own."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(folder) in words and process.info["status"] != psutil.STATUS_ZOMBIE and "pytest" not in words:
            found.append(process.pid)
    return found


def listening(process: psutil.Process) -> list[str]:
    """Return the addresses at which a process listens; none if it has ended."""
    try:
        return [each.laddr.ip for each in process.net_connections() if each.status == psutil.CONN_LISTEN]
    except psutil.NoSuchProcess:
        return []


def rows(folder: Path) -> list[tuple[Any, ...]]:
    """Return what must not depend on the executor or on interruptions."""
    trials = ts.load(folder).trials
    return [(t.number, dict(t.parameters), t.seed, str(t.state), dict(t.metrics), dict(t.artifacts)) for t in trials]


def check_whole(folder: Path) -> None:
    assert [row[3] for row in rows(folder)] == ["complete"] * 8
    finished = Counter(
        event.trial for event in read_events(folder / "journal.jsonl") if isinstance(event, TrialFinished)
    )
    assert set(finished.values()) == {1}, "a trial is settled exactly once"
    for trial in ts.load(folder).trials:
        assert [report.step for report in trial.reports] == [0, 1, 2, 3], f"trial {trial.number}"
        assert trial.folder is not None
        assert trial.artifact("model.txt").read_text() == str(trial.parameters["x"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_study_runs_to_its_end(kind: str, program: Any, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "go").touch()
    assert program(kind).wait(120) == 0, (tmp_path / "output.txt").read_text()
    check_whole(tmp_path / "run" / "study")


@pytest.mark.parametrize("executor", [
    PoolExecutor(), PoolExecutor(pool=ProcessPoolExecutor), PoolExecutor(pool=ProcessPoolExecutor, shared_folder=False),
    DetachedExecutor(slots=1), "process",
])  # fmt: skip
def test_one_slot_finds_the_same_trials_wherever_they_run(executor: Any, tmp_path: Path) -> None:
    def train(parameters: dict[str, Any], trial: ts.Trial) -> float:
        trial.report(0, loss=parameters["x"])
        trial.artifact("model.txt").touch()
        return (parameters["x"] - 0.3) ** 2

    def run(folder: str, executor: Any) -> list[tuple[Any, ...]]:
        ts.tune(
            train, space={"x": ts.Float(0, 1)}, objective="minimize loss", budget=ts.Budget(trials=6), proposer="tpe",
            folder=tmp_path / folder, executor=executor,
        )  # fmt: skip
        return rows(tmp_path / folder)

    assert run("elsewhere", executor) == run("inline", "inline")


@pytest.mark.parametrize("kind", ["dask", "parsl"])
def test_a_pool_on_this_machine_listens_to_this_machine_alone(kind: str, program: Any, tmp_path: Path) -> None:
    running = program(kind)
    wait_until((tmp_path / "run" / "began-3-1").exists, "trial 3")
    study = psutil.Process(running.pid)
    sockets = [each for process in (study, *study.children(recursive=True)) for each in listening(process)]
    assert {address.removeprefix("::ffff:") for address in sockets} == {"127.0.0.1"}
    (tmp_path / "run" / "go").touch()
    assert running.wait(120) == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_study_that_was_ended_goes_on(kind: str, number: signal.Signals, program: Any, tmp_path: Path) -> None:
    running = program(kind)
    wait_until((tmp_path / "run" / "began-3-1").exists, "trial 3")
    os.kill(running.pid, number)
    if kind in ("threads", "processes", "no shared folder") and number == signal.SIGINT:
        # The interpreter waits for threads and pools, long after the session has been closed.
        wait_until(lambda: closed(tmp_path / "run" / "study"), "the end of the session")
        assert running.poll() is None
        (tmp_path / "run" / "go").touch()
    assert running.wait(60) != 0
    if kind not in GOES_ON and kind != "parsl":  # Parsl's pilot jobs outlive a killed session, until the next.
        wait_until(lambda: not jobs(tmp_path), "the end of all processes")
    (tmp_path / "run" / "go").touch()
    assert program(kind).wait(120) == 0, (tmp_path / "output.txt").read_text()
    check_whole(tmp_path / "run" / "study")
    attached = not (tmp_path / "run" / "began-3-2").exists()
    # Its job has gone on, or its result was found on disk. All others had to start again.
    if kind == "parsl" and number == signal.SIGKILL:
        return  # A pilot job that has lost its driver ends after a while; trial 3 may or may not end before.
    goes_on = number == signal.SIGINT and kind not in STOPS
    assert attached == (goes_on or kind in GOES_ON)


def closed(folder: Path) -> bool:
    return any(isinstance(event, SessionClosed) for event in read_events(folder / "journal.jsonl"))


class PrunesTrial1:
    """A pruner of the test's own."""

    def should_prune(self, history: Any, trial: ts.Trial) -> str | None:
        return "no good" if trial.number == 1 else None


@pytest.mark.parametrize("executor", ["pool:2", DetachedExecutor(slots=2)])
def test_a_pruned_trial_that_cannot_be_stopped_keeps_its_slot(executor: Any, tmp_path: Path) -> None:
    """Trial 1 goes on after it was pruned, until trial 3 runs; so trials 2 and 3 share the other slot."""

    def train(parameters: dict[str, Any], trial: ts.Trial) -> dict[str, float]:
        mark = tmp_path / f"runs-{trial.number}"
        mark.touch()
        try:
            if trial.number == 1:
                trial.report(0, loss=9.0)
                wait_until((tmp_path / "runs-3").exists, "trial 3")
            return {"loss": 0.5, "at_once": len(list(tmp_path.glob("runs-*")))}
        finally:
            mark.rename(tmp_path / "runs-3" if trial.number == 3 else tmp_path / f"ran-{trial.number}")

    study = ts.tune(
        train, space={"x": ts.Float(0, 1)}, objective="minimize loss", budget=ts.Budget(trials=4),
        folder=tmp_path / "study", executor=executor, pruner=PrunesTrial1(), proposer="random",
        judge={"name": "rules", "repeats": 0},
    )  # fmt: skip
    assert [str(trial.state) for trial in study.trials] == ["complete", "pruned", "complete", "complete"]
    assert [study.trials[number].metrics["at_once"] <= 2 for number in (2, 3)] == [True, True]


def test_a_pruner_without_live_reports_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def train(parameters: dict[str, Any], trial: ts.Trial) -> float:
        for step in range(8):
            trial.report(step, loss=parameters["x"])
        return float(parameters["x"])

    with caplog.at_level(logging.WARNING):
        study = ts.tune(
            train, space={"x": ts.Float(0, 1)}, objective="minimize loss", budget=ts.Budget(trials=6),
            folder=tmp_path / "study", executor=PoolExecutor(pool=ProcessPoolExecutor, shared_folder=False),
            pruner={"name": "asha", "min_steps": 1, "reduction": 2},
        )  # fmt: skip
    assert [str(trial.state) for trial in study.trials] == ["complete"] * 6
    assert all(len(trial.reports) == 8 for trial in study.trials)
    assert sum("nothing is pruned" in record.message for record in caplog.records) == 1
