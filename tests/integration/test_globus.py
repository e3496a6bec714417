"""Studies on Globus Compute: real clients and the real engine of an endpoint; the web service between them is a test's.

What the real service does differently cannot be seen here.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.globus_service import ENDPOINT, Service, globus_compute
from tests.integration.conftest import Tunesmith, command
from tests.slurm import slurm
from tests.waiting import wait_until
from tunesmith import InputError, load
from tunesmith.core.trial import Trial, TrialFailed, TrialRequest
from tunesmith.executors import _globus
from tunesmith.executors._remote import endpoint
from tunesmith.executors.globus import GlobusExecutor
from tunesmith.tasks.function import FunctionTask

SCRIPT = """
import os, pathlib, sys, time
import helper
x, go = float(sys.argv[1]), pathlib.Path(sys.argv[2])
print("variables:", *sorted(os.environ))
print("at", os.getcwd())
(go / f"began {x}").touch()
while x == 0.9 and not (go / "go").exists():
    time.sleep(0.05)
for epoch in range(3):
    print(f"epoch {epoch} loss {helper.loss(x, epoch)}", flush=True)
"""
HELPER = """
def loss(x, epoch):
    return x + 1 / (epoch + 1)
"""
STUDY = f"""
[study]
objective = "minimize loss"
[task]
command = "python train.py {{x}} FOLDER"
[space]
x = {{ type = "float", low = 0.0, high = 1.0, default = 0.9 }}
[budget]
trials = 4
[execution]
executor = "globus:2"
endpoint = "{ENDPOINT}"
poll_seconds = 0.3
[search]
proposer = "random"
"""


@pytest.fixture(scope="module")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, dict[str, str]]]:
    """The service, and the environment in which the SDK finds it."""
    place = tmp_path_factory.mktemp("endpoint")
    with pytest.MonkeyPatch.context() as monkeypatch, globus_compute(place, monkeypatch) as service:
        names = [name for name in os.environ if name.startswith("GLOBUS_")]
        yield service, {name: os.environ.pop(name) for name in names}


@pytest.fixture
def service(running_service: tuple[Service, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Service:
    """The service as it was at the start."""
    service, environment = running_service
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    service.status, service.refuses, service.is_down = "online", 0, False
    for noted in (service.tasks, service.requests, service.batches):
        noted.clear()
    return service


@pytest.fixture
def started(service: Service, tmp_path: Path) -> Callable[[], subprocess.Popen[str]]:
    """Starts `tunesmith run`, and waits for trial 0, which does not end by itself."""
    write_study(tmp_path)

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command("run", "--folder", "s"),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until((tmp_path / "began 0.9").exists, "trial 0")
        return process

    return start


def write_study(folder: Path, more: str = "") -> None:
    (folder / "train.py").write_text(SCRIPT)
    (folder / "helper.py").write_text(HELPER)
    (folder / "study.toml").write_text(STUDY.replace("FOLDER", str(folder)) + more)


def states(folder: Path) -> list[tuple[int, str, int]]:
    return [(t.number, str(t.state), t.attempt) for t in load(folder / "s").trials]


def executor(**options: object) -> GlobusExecutor:
    return GlobusExecutor(slots=2, endpoint=ENDPOINT, poll_seconds=0.1, **options)  # type: ignore[arg-type]


def evaluate(folder: Path, function: Callable[..., dict[str, float]], **options: object) -> dict[str, float]:
    """Run one trial of a function on the endpoint."""
    request = TrialRequest(number=0, attempt=1, parameters={}, folder=folder / "0000", seed=1)
    with executor(**options) as running:
        running.open(lambda number, attempt, step, metrics: None)
        return dict(running.submit(FunctionTask(function=function, metric="y"), request).result(180).metrics)


def one(parameters: dict[str, float], trial: Trial) -> dict[str, float]:
    return {"y": 1.0}


def large(parameters: dict[str, float], trial: Trial) -> dict[str, float]:
    assert trial.folder is not None
    (trial.folder / "noise").write_bytes(os.urandom(12_000_000))
    (trial.folder / "small").write_text("small")
    return {"y": 2.0}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_trials_go_on_without_the_study_and_are_asked_for_again(
    number: signal.Signals,
    started: Callable[[], subprocess.Popen[str]],
    service: Service,
    tunesmith: Tunesmith,
    tmp_path: Path,
) -> None:
    process = started()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGKILL)
    if number is signal.SIGINT:
        assert "will go on without this session" in errors
    (tmp_path / "go").touch()
    sent = json.loads((tmp_path / "s/trials/0000/handed.json").read_text())["task"]
    wait_until(lambda: service.tasks[sent]["status"] == "success", "trial 0")
    tunesmith("run", "--folder", "s")
    first, *others = states(tmp_path)
    assert first == (0, "complete", 1)
    # A trial that was being sent at that moment has no task on disk, and starts again.
    assert [state for _, state, _ in others] == ["complete"] * 3
    assert 4 <= len(service.tasks) <= 1 + sum(attempt for _, _, attempt in others)
    history = load(tmp_path / "s").history
    assert [[report.step for report in trial.reports] for trial in history.trials] == [[0, 1, 2]] * 4
    log = (tmp_path / "s/trials/0000/log.txt").read_text()
    assert "GLOBUS_COMPUTE_CLIENT_SECRET" not in log.partition("variables:")[2] or "a-secret" not in log
    assert f"at {tmp_path}\n" not in log, "the folder of study.toml travels to the endpoint"


def test_a_service_that_cannot_be_reached_is_asked_again(
    started: Callable[[], subprocess.Popen[str]], service: Service, tmp_path: Path
) -> None:
    process = started()
    service.is_down = True
    (tmp_path / "go").touch()
    seen = len(service.requests)
    wait_until(lambda: len(service.requests) > seen + 1, "another question")
    service.is_down = False
    output, errors = process.communicate(timeout=90)
    assert process.returncode == 0, output + errors
    assert states(tmp_path) == [(number, "complete", 1) for number in range(4)]


@pytest.mark.parametrize(("status", "words"), [(403, "does not accept this login"), (404, "this is a test (HTTP 404)")])
def test_a_service_that_refuses_trials_stops_the_study(
    status: int, words: str, service: Service, tunesmith: Tunesmith, tmp_path: Path
) -> None:
    write_study(tmp_path)
    service.refuses = status
    assert words in tunesmith("run", "--folder", "s", status=1).stderr
    service.refuses = 0
    (tmp_path / "go").touch()
    tunesmith("run", "--folder", "s")
    assert [state for _, state, _ in states(tmp_path)] == ["complete"] * 4


def test_an_endpoint_that_is_offline_is_named_before_the_study_starts(
    service: Service, tunesmith: Tunesmith, tmp_path: Path
) -> None:
    write_study(tmp_path)
    service.status = "offline"
    failed = tunesmith("run", "--folder", "s", status=2)
    assert f"the endpoint {ENDPOINT} is offline" in failed.stderr


def test_no_login_is_answered_with_how_to_log_in(
    service: Service, tunesmith: Tunesmith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_study(tmp_path)
    monkeypatch.delenv("GLOBUS_COMPUTE_CLIENT_ID")
    monkeypatch.delenv("GLOBUS_COMPUTE_CLIENT_SECRET")
    failed = tunesmith("run", "--folder", "s", status=2)
    assert "there is no login for Globus Compute: log in with: python -c" in failed.stderr


def test_doctor_checks_the_endpoint(service: Service, tunesmith: Tunesmith, tmp_path: Path) -> None:
    write_study(tmp_path)
    facts = json.loads(tunesmith("doctor", "study.toml", "--json").stdout)
    assert [finding["severity"] for finding in facts["findings"] if finding["check"] == "globus"] == ["ok"]


def test_workers_with_other_versions_are_named(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_globus, "__version__", "99.0")
    with pytest.raises(TrialFailed, match=r"its workers have tunesmith \S+ with Python \S+, and .* 99\.0"):
        evaluate(tmp_path, one)


def test_a_task_that_is_too_large_is_refused_before_it_is_sent(service: Service, tmp_path: Path) -> None:
    noise = os.urandom(10_000_000)
    with pytest.raises(TrialFailed, match=r"takes 13\.3 MB, and Globus Compute lets 9\.5 MB pass"):
        evaluate(tmp_path, lambda parameters: {"y": float(len(noise))})
    assert not service.tasks


def test_of_a_folder_that_is_too_large_the_largest_files_stay(
    service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert evaluate(tmp_path, large) == {"y": 2.0}
    assert (tmp_path / "0000/small").exists()
    assert not (tmp_path / "0000/noise").exists()
    assert "noise of trial 0 is too large to come back" in caplog.text


def test_files_that_are_to_be_left_stay(service: Service, tmp_path: Path) -> None:
    assert evaluate(tmp_path, large, leave=["no*", "small"]) == {"y": 2.0}
    assert not (tmp_path / "0000/small").exists()
    assert (tmp_path / "0000/result.json").exists()


def test_a_result_that_is_not_json_is_never_unpickled() -> None:
    with pytest.raises(ValueError, match="not JSON"):
        _globus._from_json("00\ngASVBQAAAAAAAACMAUGULg==\n")


def test_an_outcome_returns_as_it_was() -> None:
    result, files = {"state": "complete", "metrics": {"y": 1.0}}, {"a/b": b"\0\xff", "c": b""}
    assert endpoint.unpack_outcome(endpoint.pack_outcome(result, files)) == (result, files, [])  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["", "my-endpoint"])
def test_an_endpoint_needs_its_id(given: str) -> None:
    with pytest.raises(InputError, match="must be the id of an endpoint"):
        GlobusExecutor(endpoint=given)


def test_an_endpoint_over_slurm_runs_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from parsl.providers import SlurmProvider

    with slurm(tmp_path / "slurm") as environment:
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        provider = SlurmProvider(exclusive=False, cores_per_node=2, init_blocks=1, max_blocks=1, walltime="00:10:00")
        with globus_compute(tmp_path / "endpoint", monkeypatch, provider) as service:
            assert evaluate(tmp_path, one) == {"y": 1.0}
            assert len(service.tasks) == 1


def test_a_trial_whose_worker_is_killed_is_lost(service: Service, tmp_path: Path) -> None:
    with pytest.raises(TrialFailed) as raised:
        evaluate(tmp_path, kill_worker)
    assert raised.value.failure.kind == "lost"


def kill_worker(parameters: dict[str, float], trial: Trial) -> dict[str, float]:
    import psutil

    for process in reversed(psutil.Process().parents()):
        if "process_worker_pool" in " ".join(process.cmdline()):
            process.kill()
    raise AssertionError
