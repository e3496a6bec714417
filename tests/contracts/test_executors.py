"""The contract of every executor in the folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from tests.detached_executor import DetachedExecutor
from tests.globus_service import ENDPOINT, globus_compute
from tests.hyperqueue import hyperqueue
from tests.slurm import pbs_over_slurm, slurm
from tests.sshd import sshd

from tunesmith import plugins
from tunesmith.executors.base import Executor
from tunesmith.executors.dask import DaskExecutor
from tunesmith.executors.pool import PoolExecutor
from tunesmith.testing.executors import check_executor

OTHERS: dict[str, Callable[[], Executor]] = {
    "process pool": lambda: PoolExecutor(slots=2, pool=ProcessPoolExecutor),
    "without a shared folder": lambda: PoolExecutor(slots=2, pool=ProcessPoolExecutor, shared_folder=False),
    "process pool, isolated": lambda: PoolExecutor(slots=2, pool=ProcessPoolExecutor, isolated=True),
    "isolated, without a shared folder": lambda: PoolExecutor(
        slots=2, pool=ProcessPoolExecutor, isolated=True, shared_folder=False
    ),
    "dask, without a shared folder": lambda: DaskExecutor(slots=2, shared_folder=False),
    "remote, cannot be stopped": lambda: DetachedExecutor(slots=2),
}
BATCH_SYSTEMS = {"slurm": slurm, "pbs": pbs_over_slurm}
"""What an executor needs. LSF is not to be had here; see `tests/unit/executors/test_lsf.py`."""
OPTIONS = {"inline": {}, "jobs": {"slots": 2, "poll_seconds": 0.5}}


@pytest.mark.parametrize(
    "name", [name for name in plugins.names("executors") if name not in (*BATCH_SYSTEMS, "globus", "hq", "lsf", "ssh")]
)
def test_executor_keeps_its_contract(name: str, tmp_path: Path) -> None:
    check_executor(plugins.create("executors", name, OPTIONS.get(name, {"slots": 2})), tmp_path)


@pytest.mark.parametrize("name", BATCH_SYSTEMS)
def test_executor_of_a_batch_system_keeps_its_contract(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with BATCH_SYSTEMS[name](tmp_path / "slurm") as environment:
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.chdir(tmp_path)  # The qsub of slurm-wlm-torque leaves the output of jobs in the current folder.
        check_executor(plugins.create("executors", name, {"slots": 2, "poll_seconds": 0.5}), tmp_path / "study")


@pytest.mark.parametrize("name", OTHERS)
def test_an_executor_of_another_kind_keeps_the_contract(name: str, tmp_path: Path) -> None:
    check_executor(OTHERS[name](), tmp_path)


def test_ssh_keeps_its_contract(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="ts-") as place, sshd(Path(place, "s"), banner="Welcome!") as server:
        check_executor(plugins.create("executors", "ssh", {"slots": 2, **server.options()}), tmp_path)


def test_hyperqueue_keeps_its_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hyperqueue(tmp_path / "bin") as folder:
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        check_executor(plugins.create("executors", "hq", {"slots": 2, "poll_seconds": 0.5}), tmp_path / "study")


@pytest.mark.parametrize("shared_folder", [False, True])
def test_globus_compute_keeps_its_contract(
    shared_folder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"slots": 2, "endpoint": ENDPOINT, "poll_seconds": 0.2, "shared_folder": shared_folder}
    with globus_compute(tmp_path / "endpoint", monkeypatch):
        check_executor(plugins.create("executors", "globus", options), tmp_path / "study")
