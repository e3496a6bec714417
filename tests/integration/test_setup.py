"""`tunesmith setup`, and the profiles that it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tunesmith as ts
from tests.integration.conftest import Tunesmith
from tunesmith import InputError, plugins
from tunesmith.config.profiles import read_profile
from tunesmith.config.settings import read_settings
from tunesmith.executors.parsl import ParslExecutor
from tunesmith.executors.process import ProcessExecutor

STUDY = """
[study]
objective = "minimize y"
[task]
command = "true {x}"
[space]
x = { type = "float", low = 0.0, high = 1.0 }
[execution]
executor = "EXECUTOR"
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return dict(os.environ)


def profile(tmp_path: Path, name: str) -> dict[str, object]:
    return tomllib.loads((tmp_path / "config" / "tunesmith" / "profiles" / f"{name}.toml").read_text())


def execution(tmp_path: Path, executor: str, more: str = "") -> dict[str, object]:
    (tmp_path / "study.toml").write_text(STUDY.replace("EXECUTOR", executor) + more)
    return read_settings(tmp_path / "study.toml").tables["execution"]


def test_options_become_a_profile(tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path) -> None:
    words = ["--executor", "slurm", "--slots", "16", "--queue", "gpu", "--account", "me", "--cores", "4", "--gpus", "1"]
    words += ["--commands", "module load python", "--yes", "--force"]
    output = tunesmith("setup", "mine", *words, env=environment, status=1).stdout
    expected = {"executor": "slurm:16", "partition": "gpu", "account": "me", "cores": 4, "gpus": 1}
    assert profile(tmp_path, "mine") == {**expected, "worker_init": "module load python"}
    assert "is written all the same. Next: correct what is wrong" in output, "there is no Slurm here"
    assert (tmp_path / "config/tunesmith/profiles/mine.toml").stat().st_mode & 0o077 == 0
    assert execution(tmp_path, "mine") == {**profile(tmp_path, "mine"), "retries": 2}
    assert execution(tmp_path, "mine:3")["executor"] == "slurm:3"
    assert execution(tmp_path, "mine", "cores = 9\n")["cores"] == 9


def test_a_host_makes_it_a_profile_over_ssh(tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path) -> None:
    words = ["--host", "nowhere.invalid", "--executor", "pbs", "--queue", "debug", "--there", "/scratch/me", "--json"]
    facts = json.loads(tunesmith("setup", "far", *words, env=environment, status=1).stdout)
    assert facts["profile"] is None
    assert not (tmp_path / "config/tunesmith/profiles/far.toml").exists()
    tunesmith("setup", "far", *words, "--force", env=environment, status=1)
    assert facts["settings"]["remote"] == {"name": "pbs", "queue": "debug"}
    assert facts["findings"][0]["severity"] == "error", "the login was tried"
    assert profile(tmp_path, "far") == facts["settings"]
    assert execution(tmp_path, "ssh:far")["host"] == "nowhere.invalid"
    assert execution(tmp_path, "ssh:far:7")["executor"] == "ssh:7"


def test_questions_in_a_terminal(tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path) -> None:
    answers = "\nlfs\nlsf\n4\nshort\n\n2\n0\n02:00:00\n\n"
    program = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    words = [sys.executable, "-c", program, sys.executable, "-m", "tunesmith", "setup", "asked"]
    done = subprocess.run(
        words, input=answers, capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == 1, done.stdout
    words = "--executor lsf --slots 4 --queue short --cores 2 --gpus 0 --walltime 02:00:00"
    assert "'lfs' is not one of" in done.stdout, "it asks again"
    assert f"tunesmith setup asked {words}" in " ".join(done.stdout.split()), "nothing is to be answered again"
    tunesmith("setup", "asked", *words.split(), "--yes", "--force", env=environment, status=1)
    assert profile(tmp_path, "asked") == {"executor": "lsf:4", "queue": "short", "cores": 2, "walltime": "02:00:00"}


@pytest.mark.parametrize(("words", "message"), [
    (["slurm", "--yes"], "a name of its own"),
    (["../x", "--yes"], "letters, digits"),
    (["mine", "--yes", "--executor", "slurm", "--walltime", "2h"], "HH:MM:SS"),
])  # fmt: skip
def test_what_cannot_be_a_profile(
    words: list[str], message: str, tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    assert message in tunesmith("setup", *words, env=environment, status=2).stderr
    assert not list(tmp_path.glob("config/tunesmith/profiles/*"))


def test_a_profile_is_not_overwritten_unasked(
    tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    tunesmith("setup", "mine", "--executor", "process", "--yes", env=environment)
    assert "--force" in tunesmith("setup", "mine", "--executor", "pbs", "--yes", env=environment, status=2).stderr
    tunesmith("setup", "mine", "--executor", "process", "--slots", "3", "--yes", "--force", env=environment)
    assert profile(tmp_path, "mine")["executor"] == "process:3"


def test_an_unknown_executor_is_answered_with_the_profiles(
    tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="Profiles: aurora, crux, polaris; write your own with: tunesmith setup"):
        execution(tmp_path, "min")
    tunesmith("setup", "mine", "--executor", "process", "--yes", env=environment)
    with pytest.raises(InputError, match="Profiles: aurora, crux, mine, polaris;"):
        execution(tmp_path, "ssh:min")


def test_a_profile_that_comes_with_tunesmith_is_changed_and_used(
    tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    assert execution(tmp_path, "polaris:8", 'account = "me"\n')["executor"] == "parsl:8"
    words = ["--like", "polaris", "--account", "me", "--queue", "preemptable", "--slots", "16", "--commands", "true"]
    words += ["--options", "#PBS -l filesystems=home"]
    output = tunesmith("setup", "mine", *words, "--yes", "--force", env=environment, status=1).stdout
    assert "qsub" in output or "batch system" in output, "its batch system was looked for"
    written = profile(tmp_path, "mine")
    assert (written["executor"], written["account"], written["queue"]) == ("parsl:16", "me", "preemptable")
    assert (written["trials_per_node"], written["gpus_per_node"]) == (4, 4)
    assert written["worker_init"].endswith("conda activate base; true")
    assert written["options"] == "#PBS -l filesystems=home"


@pytest.mark.parametrize("name", ["aurora", "crux", "polaris"])
def test_profiles_of_machines_ask_pbs_for_whole_nodes(name: str, tmp_path: Path) -> None:
    settings = read_profile(name)
    assert settings is not None
    kind, _, slots = settings.pop("executor").partition(":")
    executor = plugins.create("executors", kind, {"slots": int(slots), **settings})
    assert isinstance(executor, ParslExecutor)
    provider = executor._make_provider(tmp_path)
    assert provider.nodes_per_block == executor.blocks == 1
    assert provider.cpus_per_node in (64, 192, 128)
    assert ("ngpus" in provider.select_options) == (name == "polaris")


def test_another_profile_to_begin_with_must_exist(tunesmith: Tunesmith, environment: dict[str, str]) -> None:
    failed = tunesmith("setup", "mine", "--like", "summit", "--yes", env=environment, status=2)
    assert "there is no profile 'summit' to begin with. Known: aurora, crux, polaris" in failed.stderr


def test_globus_compute_needs_its_endpoint(tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path) -> None:
    failed = tunesmith("setup", "far", "--executor", "globus", "--yes", env=environment, status=2)
    assert "endpoint must be the id of an endpoint" in failed.stderr


def test_the_slots_of_a_profile_go_before_parallel(
    tunesmith: Tunesmith, environment: dict[str, str], tmp_path: Path
) -> None:
    tunesmith("setup", "mine", "--executor", "process", "--slots", "2", "--yes", env=environment)
    execution(tmp_path, "mine", "[search]\nparallel = 1\n")
    facts = json.loads(tunesmith("run", "--dry-run", "--json", env=environment).stdout)
    assert facts["settings"]["search"]["parallel"]["value"] == 2


def test_a_profile_serves_a_function_too(environment: dict[str, str], tunesmith: Tunesmith, tmp_path: Path) -> None:
    tunesmith("setup", "here", "--executor", "process", "--slots", "2", "--yes", env=environment)
    study = ts.tune(
        _square, space={"x": ts.Float(0, 1)}, objective="minimize y", budget=ts.Budget(trials=3), executor="here",
        proposer="random",
    )  # fmt: skip
    assert isinstance(study.executor, ProcessExecutor)
    assert study.executor.slots == 2


def _square(parameters: dict[str, float]) -> float:
    return parameters["x"] ** 2
