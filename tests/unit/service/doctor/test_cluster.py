"""What `doctor` says of a cluster."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sshd import sshd

from tunesmith.executors.parsl import ParslExecutor
from tunesmith.executors.process import ProcessExecutor
from tunesmith.executors.slurm import SlurmExecutor
from tunesmith.executors.ssh import SshExecutor
from tunesmith.service.doctor.cluster import check_cluster, check_folder


def test_missing_commands_are_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (finding,) = check_cluster(SlurmExecutor())
    assert (finding.severity, finding.message) == ("error", "sbatch, squeue, scancel cannot be found")
    assert "login node" in finding.remedy


def test_commands_that_are_there_are_fine_and_a_local_folder_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*SlurmExecutor.commands, "sacct"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    findings = list(check_cluster(SlurmExecutor()))
    assert [(finding.severity, finding.check) for finding in findings] == [("ok", "scheduler"), ("ok", "job")]
    (finding,) = check_folder(SlurmExecutor(), Path("/tmp/study"))
    assert (finding.severity, finding.check) == ("warning", "folder")
    assert list(check_folder(SlurmExecutor(), Path("/home/me/study"))) == []


def test_an_executor_of_this_machine_needs_no_cluster(tmp_path: Path) -> None:
    assert list(check_cluster(ProcessExecutor())) == []
    assert list(check_folder(ProcessExecutor(), tmp_path)) == []


def test_pilot_jobs_need_the_commands_of_their_batch_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (finding,) = check_cluster(ParslExecutor(scheduler="pbs"))
    assert (finding.severity, finding.message) == ("error", "qsub, qstat, qdel cannot be found")
    assert list(check_cluster(ParslExecutor())) == []


def test_a_login_is_tried() -> None:
    with tempfile.TemporaryDirectory(prefix="ts-") as place, sshd(Path(place, "s")) as server:
        executor = SshExecutor(**server.options())  # type: ignore[arg-type]
        (finding,) = check_cluster(executor)
        assert finding.severity == "ok"
        wrong = replace(executor, setup=f"module load nosuch; {executor.setup}", remote={"name": "lsf"})
        login, shell, scheduler = check_cluster(wrong)
        assert (login.severity, shell.severity, scheduler.severity) == ("ok", "warning", "error")
        assert "module" in shell.message
        assert scheduler.message == "bsub, bjobs, bkill cannot be found on there"
        server.cut()
        (server.folder / "authorized").write_text("")
        (finding,) = check_cluster(executor)
        assert finding.severity == "error"
