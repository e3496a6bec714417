"""Studies whose trials are jobs of a real Slurm: run, killed, found again, cancelled, refused."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from tests.integration.conftest import Tunesmith, command
from tests.slurm import slurm
from tests.waiting import wait_until
from tunesmith import load
from tunesmith.core.trial import Trial, TrialFailed, TrialRequest
from tunesmith.executors.base import reason_to_wait
from tunesmith.executors.slurm import SlurmExecutor
from tunesmith.llm.environment import hide_from_trials
from tunesmith.tasks.function import FunctionTask

SCRIPT = """
import os, pathlib, sys, time
folder, x = pathlib.Path(sys.argv[1]), float(sys.argv[2])
print("variables:", *sorted(os.environ))
(folder / "began").touch()
while float(x) == 0.9 and not pathlib.Path("go").exists():
    time.sleep(0.05)
for epoch in range(3):
    print(f"epoch {epoch} loss {x + 1 / (epoch + 1)}", flush=True)
"""
STUDY = """
[study]
objective = "minimize loss"
[task]
command = "python train.py {trial_dir} {x}"
[space]
x = { type = "float", low = 0.0, high = 1.0, default = 0.9 }
[budget]
trials = 3
[execution]
executor = "slurm:2"
poll_seconds = 0.5
grace_seconds = 1.0
[search]
proposer = "random"
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with slurm(tmp_path_factory.mktemp("slurm")) as variables:
        yield variables


@pytest.fixture
def environment(cluster: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The environment of a user of the cluster, with a study in the test's folder."""
    for name, value in cluster.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "study.toml").write_text(STUDY)
    return dict(os.environ)


@pytest.fixture
def running(environment: dict[str, str], tmp_path: Path) -> Callable[[], subprocess.Popen[str]]:
    """Starts `tunesmith run`, and waits for the job of trial 0, which does not end by itself."""

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command("run", "--folder", "s"),
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until((tmp_path / "s/trials/0000/began").exists, "the job of trial 0")
        return process

    return start


def job_of(folder: Path, number: int) -> str:
    return (folder / "s" / "trials" / f"{number:04d}" / "job" / "id").read_text()


def states(folder: Path) -> list[tuple[int, str, int]]:
    return [(t.number, str(t.state), t.attempt) for t in load(folder / "s").trials]


def test_a_study_runs_on_slurm(tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    tunesmith("run", "--folder", "s", env=environment)
    assert states(tmp_path) == [(0, "complete", 1), (1, "complete", 1), (2, "complete", 1)]
    history = load(tmp_path / "s").history
    assert [[report.step for report in trial.reports] for trial in history.trials] == [[0, 1, 2]] * 3
    log = (tmp_path / "s/trials/0001/log.txt").read_text()
    assert "SLURM_JOB_ID" in log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_jobs_go_on_without_the_study_and_are_found_again(
    number: signal.Signals, running: Callable[[], subprocess.Popen[str]], tunesmith: Tunesmith, tmp_path: Path
) -> None:
    process = running()
    job = job_of(tmp_path, 0)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGKILL)
    if number is signal.SIGINT:
        assert "will go on without this session" in errors
        shown = " ".join(tunesmith("status", "s").stdout.split())
        assert f"trial 0 was left to job {job}" in shown
        assert "run the study again" in shown
        assert "other programs" not in shown
        facts = json.loads(tunesmith("status", "s", "--json").stdout)
        assert {"number": 0, "to": f"job {job}"} in facts["left"]
        assert facts["asked"] == []
        assert f"trial 0 was left to job {job}" in tunesmith("ask", "s", "--again", "0", status=2).stderr
    assert job in subprocess.check_output(["squeue", "-h", "-o", "%i", "-t", "R"], text=True).split()
    (tmp_path / "go").touch()
    tunesmith("run", "--folder", "s")
    first, *others = states(tmp_path)
    assert first == (0, "complete", 1)
    assert job_of(tmp_path, 0) == job
    # A trial whose job was being submitted at that moment has no id on disk, and starts again.
    assert [state for _, state, _ in others] == ["complete", "complete"]


def test_a_trial_whose_job_was_cancelled_runs_again(
    running: Callable[[], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = running()
    first = job_of(tmp_path, 0)
    (tmp_path / "s/trials/0000/began").unlink()
    subprocess.run(["scancel", first], check=True)
    wait_until((tmp_path / "s/trials/0000/began").exists, "another job of trial 0")
    (tmp_path / "go").touch()
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, output + errors
    assert states(tmp_path)[0] == (0, "complete", 2)
    assert job_of(tmp_path, 0) != first


def test_a_job_that_slurm_refuses_stops_the_study(
    tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "go").touch()
    text = (tmp_path / "study.toml").read_text()
    (tmp_path / "study.toml").write_text(text.replace("poll_", 'partition = "nowhere"\npoll_'))
    errors = tunesmith("run", "--folder", "s", env=environment, status=1).stderr
    assert "the batch system did not take the trial's job" in errors
    assert "invalid partition specified: nowhere" in errors
    assert "Correct [execution] or the profile; then run the same command again. No trial is lost." in errors
    assert "Submit command failed" not in errors, "Parsl says the same"
    assert "will go on" not in errors, "no trial has a job"
    assert {state for _, state, _ in states(tmp_path)} <= {"waiting", "running"}
    (tmp_path / "study.toml").write_text(text)
    tunesmith("run", "--folder", "s", env=environment)
    assert {state for _, state, _ in states(tmp_path)} == {"complete"}, "nothing is lost"


def _train(parameters: dict[str, float], trial: Trial) -> float:
    return parameters["x"]


def test_a_job_that_can_never_start_is_explained_once(
    environment: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    executor = SlurmExecutor(slots=2, walltime="99:00:00", poll_seconds=0.2)
    with executor, caplog.at_level(logging.WARNING):
        executor.open(lambda number, attempt, step, metrics: None)
        for number in (0, 1):
            request = TrialRequest(
                number=number, attempt=1, parameters={"x": 1.0}, seed=0, folder=tmp_path / "trials" / f"{number:04d}"
            )
            future = executor.submit(FunctionTask(function=_train, metric="y"), request)
        wait_until(lambda: "waits: Partition" in caplog.text, "the reason")
        wait_until(lambda: reason_to_wait(executor, 1) == "PartitionTimeLimit", "the reason for the view")
        for number in (0, 1):
            executor.stop(number)
        assert future.exception(timeout=60) is not None
        assert reason_to_wait(executor, 0) is None, "it is withdrawn"
    assert caplog.text.count("waits: PartitionTimeLimit; it asks for more time than allowed: cancel the job") == 1
    assert subprocess.check_output(["squeue", "-h", "-t", "PD"], text=True) == "", "a trial that waits is withdrawn"


@pytest.mark.slow
def test_a_job_that_slurm_ends_at_its_walltime_is_a_timeout(environment: dict[str, str], tmp_path: Path) -> None:
    request = TrialRequest(number=0, attempt=1, parameters={"x": 1.0}, seed=0, folder=tmp_path / "trials" / "0000")
    with SlurmExecutor(walltime="00:01:00", poll_seconds=0.5) as executor:
        executor.open(lambda number, attempt, step, metrics: None)
        future = executor.submit(FunctionTask(function=_sleep, metric="y"), request)
        wait_until((request.folder / "began").exists, "the trial")
        own = [process for process in psutil.process_iter(["cmdline"]) if str(request.folder) in str(process.info)]
        own += [child for process in own for child in process.children(recursive=True)]
        for process in own:
            process.suspend()  # It would stop the trial in time.
        with pytest.raises(TrialFailed) as raised:
            future.result(timeout=150)
    assert raised.value.failure.kind == "timeout"
    assert "DUE TO TIME LIMIT" in raised.value.failure.reason
    wait_until(lambda: not any(process.is_running() for process in own), "the end of its processes")


def _sleep(parameters: dict[str, float], trial: Trial) -> float:
    assert trial.folder is not None
    (trial.folder / "began").touch()
    time.sleep(300)
    return 0.0


def test_secrets_do_not_reach_the_batch_system(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_from_trials("TUNESMITH_TEST_SECRET")
    monkeypatch.setenv("TUNESMITH_TEST_SECRET", "hush")
    request = TrialRequest(number=0, attempt=1, parameters={"x": 1.0}, seed=0, folder=tmp_path / "trials" / "0000")
    with SlurmExecutor(poll_seconds=0.5) as executor:
        executor.open(lambda number, attempt, step, metrics: None)
        executor.submit(FunctionTask(function=_secret, metric="y"), request).result(timeout=60)
    assert "TUNESMITH_TEST_SECRET" not in (request.folder / "log.txt").read_text()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"hush" not in path.read_bytes(), path


def _secret(parameters: dict[str, float], trial: Trial) -> float:
    print(*os.environ)
    return 1.0


def test_doctor_tries_a_submission_and_a_job(tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path) -> None:
    findings = doctor(tunesmith, environment, "--probe")
    assert findings["job"][0]["severity"] == "ok"
    assert "to start at" in findings["job"][0]["message"]
    assert "its result was here after" in findings["probe"][0]["message"]
    assert findings["clock"][0]["severity"] == "ok"
    assert not list(tmp_path.glob(".probe-*"))


def test_doctor_tells_what_the_shell_of_a_job_said(
    tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text(STUDY.replace("poll_", 'worker_init = "module load nosuch"\npoll_'))
    (finding,) = doctor(tunesmith, environment, "--probe")["shell"]
    assert finding["severity"] == "warning"
    assert "module: command not found" in finding["message"] or "nosuch" in finding["message"]


def test_doctor_needs_no_study_for_a_job(tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "study.toml").unlink()
    facts = json.loads(tunesmith("doctor", "--executor", "slurm", "--probe", "--json", env=environment).stdout)
    assert "its result was here after" in str(facts["findings"])
    assert "name a study.toml" in tunesmith("doctor", "--probe", env=environment, status=2).stderr.lower()


def test_doctor_notices_a_python_without_tunesmith(
    tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text(
        STUDY.replace("poll_", 'python = "/usr/bin/python3"\nworker_init = "unset PYTHONPATH"\npoll_')
    )
    (finding,) = doctor(tunesmith, environment, "--probe", status=1)["probe"]
    assert "No module named 'tunesmith'" in finding["message"]
    assert "Install tunesmith for the Python there" in finding["remedy"]


NEVER = STUDY.replace("poll_", 'walltime = "99:00:00"\npoll_')


def test_doctor_ends_a_job_that_does_not_start(
    tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text(NEVER)
    findings = doctor(tunesmith, environment, "--probe", "--try-minutes", "0.2", status=1)
    assert "a job of 99:00:00 would hardly ever start: its partition gives 2:00:00" in findings["time"][0]["message"]
    assert "doctor waits for it, 12 s at most" in findings["submitted"][0]["message"]
    assert findings["probe"][0]["severity"] == "error"
    assert "its job waited: PartitionTimeLimit; it asks for more time than allowed" in findings["probe"][0]["message"]
    assert queue() == []


def test_an_interrupted_doctor_leaves_no_job(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(NEVER)
    words = command("doctor", "study.toml", "--probe")
    process = subprocess.Popen(words, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: queue() != [], "the job")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 130
    assert "nothing that doctor has started goes on" in errors
    assert queue() == []


def queue() -> list[str]:
    return subprocess.check_output(["squeue", "-h", "-t", "PD,R", "-o", "%i"], text=True).split()


@pytest.mark.parametrize("words", [["--queue", "nowhere"], ["--queue", "debug"]])
def test_setup_writes_no_profile_that_slurm_refuses(
    words: list[str], tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    environment["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    is_wrong = "nowhere" in words
    done = tunesmith("setup", "mine", "--executor", "slurm", *words, "--yes", env=environment, status=int(is_wrong))
    assert (tmp_path / "config/tunesmith/profiles/mine.toml").exists() is not is_wrong
    if is_wrong:
        assert "invalid partition" in done.stdout
        assert "correct what is wrong, and type this again:" in done.stdout
        assert "tunesmith setup mine --executor slurm --queue nowhere --yes" in done.stdout
        assert "Next: executor =" not in done.stdout
        corrected = ["--executor", "slurm", "--queue", "debug", "--yes"]
        assert "--probe" in tunesmith("setup", "mine", *corrected, env=environment).stdout


def test_doctor_names_a_partition_that_slurm_does_not_know(
    tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text(STUDY.replace("[search]", 'partition = "nowhere"\n[search]'))
    findings = doctor(tunesmith, environment, "--probe", status=1)
    assert "invalid partition" in findings["job"][0]["message"]
    assert "probe" not in findings


def doctor(
    tunesmith: Tunesmith, environment: dict[str, str], *words: str, status: int = 0
) -> dict[str, list[dict[str, str]]]:
    """Return the findings by check."""
    facts = json.loads(tunesmith("doctor", "study.toml", "--json", *words, env=environment, status=status).stdout)
    found: dict[str, list[dict[str, str]]] = {}
    for finding in facts["findings"]:
        found.setdefault(finding["check"], []).append(finding)
    return found
