"""Studies whose trials run on another machine: a real SSH server, a real agent, connections that are cut."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import Tunesmith, command
from tests.slurm import slurm
from tests.sshd import Server, sshd
from tests.waiting import wait_until
from tunesmith import InputError, load
from tunesmith.executors._deployment import deploy, files_of
from tunesmith.executors._ssh import Ssh
from tunesmith.executors.ssh import SshExecutor

SCRIPT = """
import os, pathlib, sys, time
folder, x = pathlib.Path(sys.argv[1]), float(sys.argv[2])
offset = float(pathlib.Path("data/offset.txt").read_text())
print(*os.environ)
print("epoch 0 loss 9.0", flush=True)
(pathlib.Path(sys.argv[3]) / f"began-{folder.name}").touch()
while x == 0.9 and not (pathlib.Path(sys.argv[3]) / "go").exists():
    time.sleep(0.05)
for epoch in range(1, 3):
    print(f"epoch {epoch} loss {x + offset + 1 / epoch}", flush=True)
(folder / "artifacts").mkdir(exist_ok=True)
(folder / "artifacts" / "model.txt").write_text(str(x))
"""
STUDY = """
[study]
objective = "minimize loss"
[task]
command = "python train.py {trial_dir} {x} MARKS"
[space]
x = { type = "float", low = 0.0, high = 1.0, default = 0.9 }
[budget]
trials = 3
[search]
proposer = "random"
[execution]
executor = "ssh:2"
OPTIONS
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path, for the socket of a connection."""
    with tempfile.TemporaryDirectory(prefix="ts-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def server(place: Path) -> Iterator[Server]:
    with sshd(place / "s", banner="Welcome to the cluster! {}") as server:
        yield server


@pytest.fixture
def study(server: Server, tmp_path: Path) -> Path:
    """A study in the test's folder, whose script needs a data file beside it."""
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "offset.txt").write_text("0.25")
    options = "\n".join(f"{name} = {json.dumps(value)}" for name, value in server.options().items())
    text = STUDY.replace("MARKS", str(server.folder)).replace("OPTIONS", options)
    (tmp_path / "study.toml").write_text(text)
    return tmp_path


@pytest.fixture
def running(study: Path, server: Server) -> Callable[[], subprocess.Popen[str]]:
    """Starts `tunesmith run`, and waits for trial 0, which does not end by itself."""

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command("run", "--folder", "s"), cwd=study, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        wait_until(lambda: (server.folder / "began-0000").exists() or process.poll() is not None, "trial 0")
        assert process.poll() is None, process.communicate()
        return process

    return start


def states(folder: Path) -> list[tuple[int, str, int]]:
    return [(t.number, str(t.state), t.attempt) for t in load(folder / "s").trials]


def check_whole(folder: Path) -> None:
    assert states(folder) == [(0, "complete", 1), (1, "complete", 1), (2, "complete", 1)]
    for trial in load(folder / "s").trials:
        assert trial.metrics["loss"] == pytest.approx(float(trial.parameters["x"]) + 0.75)
        assert [report.step for report in trial.reports] == [0, 1, 2], f"trial {trial.number}"
        assert trial.folder is not None
        assert (trial.folder / "artifacts" / "model.txt").read_text() == str(trial.parameters["x"])
        assert "epoch 2" in (trial.folder / "log.txt").read_text()


def test_a_study_runs_on_another_machine(study: Path, server: Server, tunesmith: Tunesmith) -> None:
    (server.folder / "go").touch()
    tunesmith("run", "--folder", "s")
    check_whole(study)
    wait_until(lambda: not server.processes("tunesmith.executors._remote.agent"), "the end of the agent")


def test_a_cut_connection_costs_nothing(
    running: Callable[[], subprocess.Popen[str]], study: Path, server: Server
) -> None:
    process = running()
    wait_until(lambda: load(study / "s").trials[0].reports, "a report")
    server.cut()
    (server.folder / "go").touch()
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, output + errors
    assert "the connection to there is lost" in errors
    check_whole(study)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_trials_go_on_without_the_study(
    number: signal.Signals, running: Callable[[], subprocess.Popen[str]], study: Path, server: Server,
    tunesmith: Tunesmith,
) -> None:  # fmt: skip
    process = running()
    process.send_signal(number)
    process.communicate(timeout=60)
    server.cut()  # The laptop is switched off.
    (server.folder / "go").touch()
    outcome = "studies/*/outcomes/0000.1.search.json"
    wait_until(lambda: list(server.home.glob(outcome)), "the end of trial 0 without anybody")
    tunesmith("run", "--folder", "s")
    check_whole(study)


def test_a_killed_agent_is_replaced_and_its_trial_runs_again(
    running: Callable[[], subprocess.Popen[str]], study: Path, server: Server
) -> None:
    process = running()
    (server.folder / "began-0000").unlink()
    for agent in server.processes("tunesmith.executors._remote.agent"):
        agent.kill()
    wait_until((server.folder / "began-0000").exists, "trial 0, again")
    (server.folder / "go").touch()
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, output + errors
    assert states(study)[0] == (0, "complete", 2)
    assert {state for _, state, _ in states(study)} == {"complete"}


def test_jobs_of_a_cluster_are_found_by_the_next_agent(
    study: Path, server: Server, place: Path, running: Callable[[], subprocess.Popen[str]]
) -> None:
    """The agent on a login node drives Slurm there; it is killed, and the job of trial 0 goes on."""
    with slurm(place / "slurm") as variables:
        text = (study / "study.toml").read_text()
        text = text.replace('setup = "', f'setup = "export SLURM_CONF={variables["SLURM_CONF"]}; ')
        (study / "study.toml").write_text(f'{text}remote = {{ name = "slurm", poll_seconds = 0.5 }}\n')
        process = running()
        for agent in server.processes("tunesmith.executors._remote.agent"):
            agent.kill()
        (server.folder / "go").touch()
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, output + errors
        check_whole(study)
        assert "SLURM_JOB_ID" in (study / "s" / "trials" / "0000" / "log.txt").read_text()


def test_doctor_tells_what_happens_to_a_job_behind_the_login(
    study: Path, server: Server, place: Path, tunesmith: Tunesmith
) -> None:
    def findings(remote: str, *words: str, status: int = 0) -> dict[str, str]:
        (study / "study.toml").write_text(f"{text}remote = {{ {remote} }}\n")
        done = tunesmith("doctor", "study.toml", "--probe", "--no-run", "--json", *words, status=status)
        return {finding["check"]: finding["message"] for finding in json.loads(done.stdout)["findings"]}

    with slurm(place / "slurm") as variables:
        export = f"export SLURM_CONF={variables['SLURM_CONF']}; "
        text = (study / "study.toml").read_text().replace('setup = "', f'setup = "{export}')
        options = 'name = "slurm", poll_seconds = 0.5'
        assert "nosuch" in findings(f'{options}, worker_init = "cd nosuch"')["shell"]
        never = findings(f'{options}, walltime = "99:00:00"', "--try-minutes", "0.3", status=1)
        assert "its job waited: PartitionTimeLimit" in never["probe"]
        queue = subprocess.check_output(["squeue", "-h", "-o", "%i"], text=True, env={**os.environ, **variables})
        assert queue == ""
        assert "invalid partition" in findings(f'{options}, partition = "nowhere"', status=1)["job"]
    wait_until(lambda: not server.processes("tunesmith.executors._remote.agent"), "the end of the agents")
    assert list((server.home / "studies").iterdir()) == []


def test_a_failed_run_leaves_no_agent(study: Path, server: Server, tunesmith: Tunesmith) -> None:
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text(f'{text}remote = {{ name = "lsf" }}\n')
    errors = tunesmith("run", "--folder", "s", status=1).stderr
    assert "the batch system did not take the trial's job" in errors
    wait_until(lambda: not server.processes("tunesmith.executors._remote.agent"), "the end of the agent")


@pytest.mark.parametrize("free_kb", [70, 150])
def test_a_full_disk_there_stops_the_study_and_loses_nothing(
    free_kb: int, study: Path, server: Server, tunesmith: Tunesmith
) -> None:
    """It is full before the first trial, or while trials run."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", server.home], check=True)
    try:
        (server.home / "filler").write_bytes(b"x" * (4096 - free_kb) * 1024)
        (study / "data" / "large.bin").write_bytes(os.urandom(40_000))
        (server.folder / "go").touch()
        errors = tunesmith("run", "--folder", "s", status=1).stderr
        assert "No space left on device" in errors or "as on a full disk" in errors
        assert "failed" not in {state for _, state, _ in states(study)}
        (server.home / "filler").unlink()
        tunesmith("run", "--folder", "s")
        assert [state for _, state, _ in states(study)] == ["complete"] * 3
    finally:
        for agent in server.processes("tunesmith.executors._remote.agent"):
            agent.kill()
            agent.wait()
        subprocess.run(["umount", "-l", server.home], check=True)


def test_files_travel_once(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "large.bin").write_bytes(os.urandom(12_000_000))
    (folder / "train.py").write_text("one")
    (folder / ".env").write_text("KEY=hush")
    options = server.options()

    def send() -> Path:
        return Path(
            deploy(
                Ssh("there", server.ssh),
                folder,
                root=str(server.home),
                run=f"{options['setup']}; exec {options['python']} -m",
                word="word",
                exclude=(),
            )
        )

    first = send()
    assert sorted(path.name for path in first.rglob("*") if path.is_file()) == ["large.bin", "train.py"]
    stored = {path.name: path.stat().st_mtime_ns for path in (server.home / "store").iterdir()}
    (folder / "train.py").write_text("two")
    second = send()
    assert (first / "train.py").read_text() == "one", "a trial that still runs keeps its code"
    assert (second / "train.py").read_text() == "two"
    again = {path.name: path.stat().st_mtime_ns for path in (server.home / "store").iterdir()}
    assert stored.items() <= again.items()
    assert len(again) == len(stored) + 1
    assert (second / "data" / "large.bin").samefile(first / "data" / "large.bin")


def test_what_trials_do_not_need_is_left_out(tmp_path: Path) -> None:
    for name in ("train.py", ".git/HEAD", "venv/bin/python", "old/journal.jsonl", "old/trials/0/log.txt", "raw/a.zip"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(files_of(tmp_path, ["*.zip"])) == ["train.py"]


def test_a_machine_without_tunesmith_is_an_error_that_says_what_to_do(server: Server, tmp_path: Path) -> None:
    options = {**server.options(), "setup": "", "python": "/usr/bin/python3 -S"}
    with SshExecutor(**options) as executor, pytest.raises(InputError, match="tunesmith does not run on there"):  # type: ignore[arg-type]
        executor.open(lambda number, attempt, step, metrics: None, folder=tmp_path)


def test_another_version_there_is_an_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "old" / "tunesmith").mkdir(parents=True)
    (tmp_path / "old" / "tunesmith" / "__init__.py").write_text("__version__ = '0.0.1'\n")
    options = {**server.options(), "setup": f"export PYTHONPATH={tmp_path}/old"}
    with SshExecutor(**options) as executor, pytest.raises(InputError, match=r"tunesmith 0\.0\.1 runs on there"):  # type: ignore[arg-type]
        executor.open(lambda number, attempt, step, metrics: None, folder=tmp_path / "s")


def test_a_machine_that_refuses_the_login_is_one_clear_error(server: Server, tmp_path: Path) -> None:
    (server.folder / "authorized").write_text("")
    with SshExecutor(**server.options()) as executor, pytest.raises(InputError, match="log in once with `ssh"):  # type: ignore[arg-type]
        executor.open(lambda number, attempt, step, metrics: None, folder=tmp_path)


@pytest.mark.parametrize(("options", "message"), [
    ({}, "host must be a machine"),
    ({"host": "-oProxyCommand=x"}, "host must be a machine"),
    ({"host": "h", "remote": {}}, "remote must name an executor"),
    ({"host": "h", "remote": {"name": "slurm", "core": 2}}, "core"),
])  # fmt: skip
def test_options_are_checked_before_anything_is_sent(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SshExecutor(**options)  # type: ignore[arg-type]
