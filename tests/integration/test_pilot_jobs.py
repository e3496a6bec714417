"""Studies whose trials run in pilot jobs of a real Slurm: run, killed, and with a pilot job that ends too early."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.integration.conftest import command
from tests.slurm import slurm
from tests.waiting import wait_until
from tunesmith import load

SCRIPT = """
import pathlib, sys, time
folder, x = pathlib.Path(sys.argv[1]), float(sys.argv[2])
checkpoint = folder / "checkpoint"
checkpoint.mkdir(exist_ok=True)
with (folder / "began").open("a") as began:
    print(time.time(), file=began)
epoch = len(list(checkpoint.iterdir()))
while epoch < 3 or (x == 0.9 and not pathlib.Path("go").exists()):
    print(f"epoch {epoch} loss {x + 1 / (epoch + 1)}", flush=True)
    (checkpoint / str(epoch)).touch()
    epoch += 1
    time.sleep(0.2)
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
trials = 4
[execution]
executor = "parsl:2"
scheduler = "slurm"
trials_per_node = 2
walltime = "00:02:00"
grace_seconds = 1.0
[search]
proposer = "random"
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with slurm(tmp_path_factory.mktemp("slurm")) as variables:
        yield variables


@pytest.fixture
def environment(cluster: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    for name, value in cluster.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "study.toml").write_text(STUDY)
    return dict(os.environ)


def jobs() -> list[str]:
    return subprocess.check_output(["squeue", "-h", "-o", "%i"], text=True).split()


def started(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a study; its output goes to a file, as Parsl's helpers would hold a pipe open after a kill."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command("run", "--folder", "s"), cwd=folder, env=environment, stdout=output, stderr=output
        )
    wait_until((folder / "s/trials/0000/checkpoint/2").exists, "trial 0", seconds=90)
    return process


def test_a_killed_session_leaves_a_pilot_job_that_the_next_one_ends(
    environment: dict[str, str], tmp_path: Path
) -> None:
    process = started(tmp_path, environment)
    (left,) = jobs()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert jobs() == [left]
    process = started(tmp_path, environment)
    wait_until(lambda: left not in jobs(), "the end of the first pilot job")
    (tmp_path / "go").touch()
    assert process.wait(timeout=90) == 0, (tmp_path / "output").read_text()
    wait_until(lambda: not jobs(), "the end of all pilot jobs")
    study = load(tmp_path / "s")
    assert [(trial.number, str(trial.state)) for trial in study.trials] == [(n, "complete") for n in range(4)]
    assert study.trials[0].attempt == 2


def test_a_trial_whose_pilot_job_is_cancelled_runs_again(environment: dict[str, str], tmp_path: Path) -> None:
    process = started(tmp_path, environment)
    (first,) = jobs()
    subprocess.run(["scancel", first], check=True)
    began = tmp_path / "s/trials/0000/began"
    wait_until(lambda: len(began.read_text().splitlines()) == 2, "another attempt", seconds=180)
    assert first not in jobs()
    (tmp_path / "go").touch()
    assert process.wait(timeout=90) == 0, (tmp_path / "output").read_text()
    trial = load(tmp_path / "s").trials[0]
    assert (str(trial.state), trial.times_lost) == ("complete", 1)


def test_a_trial_goes_on_from_its_checkpoint_in_the_next_pilot_job(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY.replace("00:02:00", "00:01:00"))
    process = started(tmp_path, environment)
    began = tmp_path / "s/trials/0000/began"
    wait_until(lambda: len(began.read_text().splitlines()) == 2, "the next pilot job", seconds=240)
    kept = len(list((tmp_path / "s/trials/0000/checkpoint").iterdir()))
    (tmp_path / "go").touch()
    assert process.wait(timeout=120) == 0, (tmp_path / "output").read_text()
    trial = load(tmp_path / "s").trials[0]
    assert (str(trial.state), trial.times_lost, trial.attempt) == ("complete", 0, 2)
    assert kept > 100, "an epoch takes a fifth of a second, and the first pilot job lasted a minute"
