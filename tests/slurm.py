"""A real Slurm on this machine: controller and node, started by a test, without systemd and without cgroups."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_CONFIGURATION = """
ClusterName=test
SlurmctldHost=localhost
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
KillWait=2
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={spool}
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
NodeName=localhost CPUs=2 RealMemory=2000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=02:00:00 State=UP
"""
_PATIENCE_SECONDS = 30.0


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Run a Slurm with one node of two cores; yields the environment variables by which its commands find it.

    Skips the test where Slurm is not installed, and where the tests do not run as root, which `.ci/run` does.
    """
    if shutil.which("slurmctld") is None or os.getuid() != 0:
        pytest.skip("a Slurm of its own needs slurm-wlm and munge, and root")
    (folder / "state").mkdir(parents=True)
    spool = tempfile.mkdtemp(prefix="slurm-")  # It holds sockets, whose paths must be short.
    configuration = folder / "slurm.conf"
    ports = {"controller_port": _free_port(), "node_port": _free_port()}
    configuration.write_text(_CONFIGURATION.format(folder=folder, spool=spool, user="root", **ports))
    _start_munge()
    environment = {**os.environ, "SLURM_CONF": str(configuration)}
    try:
        subprocess.run(["slurmctld", "-f", configuration], check=True, env=environment)
        subprocess.run(["slurmd", "-f", configuration, "-N", "localhost"], check=True, env=environment)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while "idle" not in _output(["sinfo", "-h", "-o", "%T"], environment):
            assert time.monotonic() < deadline, (folder / "slurmctld.log").read_text()[-2000:]
            time.sleep(0.1)
        yield {"SLURM_CONF": str(configuration)}
    finally:
        _output(["scancel", "--user", "root"], environment)
        for name in ("slurmd", "slurmctld"):
            _stop(folder / f"{name}.pid")
        shutil.rmtree(spool, ignore_errors=True)


@contextmanager
def pbs_over_slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Run a Slurm that takes the commands of PBS Pro, for want of a PBS: this is PBS' provider, not PBS.

    `qsub` and `qdel` are those of slurm-wlm-torque. Its `qstat` cannot answer in JSON, so this one takes its place.
    """
    with slurm(folder) as environment:
        commands = folder / "bin"
        commands.mkdir()
        qstat = commands / "qstat"
        qstat.write_text(_QSTAT.format(python=sys.executable))
        qstat.chmod(0o755)
        yield {**environment, "PATH": f"{commands}:{os.environ['PATH']}"}


_QSTAT = """#!{python} -S
import json, subprocess, sys
STATES = {{"PENDING": "Q", "CONFIGURING": "Q", "RUNNING": "R", "COMPLETING": "R", "SUSPENDED": "H"}}
output = subprocess.run(["scontrol", "show", "job", "-o"], capture_output=True, text=True).stdout
jobs = {{}}
for line in output.splitlines():
    fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
    if fields.get("JobId") in sys.argv:
        jobs[fields["JobId"]] = {{"job_state": STATES.get(fields["JobState"], "F")}}
print(json.dumps({{"Jobs": jobs}}))
"""


def _start_munge() -> None:
    """Start the service that authenticates Slurm's messages, unless it runs."""
    if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode == 0:
        return
    for place in ("/run/munge", "/var/lib/munge", "/var/log/munge"):
        Path(place).mkdir(parents=True, exist_ok=True)
        shutil.chown(place, "munge", "munge")
    Path("/run/munge").chmod(0o755)
    subprocess.run(["su", "-s", "/bin/sh", "munge", "-c", "/usr/sbin/munged"], check=False, capture_output=True)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, "munged does not answer"
        time.sleep(0.1)


def _stop(pid_file: Path) -> None:
    with suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)


def _output(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
