"""Checks of what an executor needs where it runs trials on a cluster: commands of the batch system, a login."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...errors import InputError, MissingExtra, message_of
from ...executors._jobs import JobExecutor
from ...executors._scheduler import run_command
from ...executors._walltime import seconds_of, seconds_of_slurm
from ...executors.base import Executor
from ...executors.globus import GlobusExecutor
from ...executors.parsl import ParslExecutor
from ...executors.pbs import PbsExecutor
from ...executors.slurm import SlurmExecutor
from ...executors.ssh import SshExecutor
from .finding import Finding

_COMMAND_SECONDS = 60.0

Run = Callable[[str], tuple[int, str, str]]
"""Runs a shell command where the batch system is; returns its exit status, output and errors."""


def check_cluster(executor: Executor) -> Iterator[Finding]:
    """Yield findings on the batch system or the machine that an executor uses; none for one on this machine.

    Args:
        executor: The study's.
    """
    if isinstance(executor, SshExecutor):
        yield from _check_login(executor)
    elif isinstance(executor, GlobusExecutor):
        yield from _check_endpoint(executor)
    elif (jobs := _jobs_of(executor)) is not None:
        missing = _missing(jobs, _run_here)
        if missing is not None:
            yield Finding("scheduler", "error", missing, 'Run this on a login node, or use executor = "ssh" from here.')
            return
        try:
            jobs.make_provider("01:00:00", None)
        except MissingExtra as error:
            yield Finding("extras", "error", error.message, "Install it, or choose another executor.")
            return
        yield Finding("scheduler", "ok", f"{', '.join(jobs.commands)} are there")
        yield from _check_submission(jobs, _run_here)


def _jobs_of(executor: Executor) -> JobExecutor | None:
    """Return an executor whose jobs a batch system takes or refuses as those of an executor; None without one."""
    if isinstance(executor, ParslExecutor):
        wanted: dict[str, Any] = {"account": executor.account, "options": executor.options}
        wanted["walltime"] = executor.walltime
        if executor.scheduler == "slurm":
            cores = executor.cores * executor.trials_per_node
            return SlurmExecutor(partition=executor.queue, cores=cores, **wanted)
        return PbsExecutor(queue=executor.queue, **wanted) if executor.scheduler == "pbs" else None
    return executor if isinstance(executor, JobExecutor) and executor.commands else None


def _run_here(command: str) -> tuple[int, str, str]:
    return run_command(command, _COMMAND_SECONDS)


def _check_login(executor: SshExecutor) -> Iterator[Finding]:
    try:
        said = executor.check()
    except InputError as error:
        yield Finding("ssh", "error", error.message, "Then check again.")
        return
    yield Finding("ssh", "ok", f"{executor.host} takes the login, and tunesmith runs there")
    if said:
        remedy = "If that is wrong, correct setup, or --commands of tunesmith setup."
        yield Finding("shell", "warning", f"the commands that come first said: {said}", remedy)
    if (there := _jobs_of(executor.executor_there())) is not None:
        yield from _check_there(executor, there)


def _check_there(executor: SshExecutor, there: JobExecutor) -> Iterator[Finding]:
    """Yield findings on the batch system of another machine."""
    missing = _missing(there, executor.ask)
    if missing is not None:
        yield Finding("scheduler", "error", f"{missing} on {executor.host}", "Correct --executor, or remote.")
        return
    if executor.ask(f"{executor.python} -c 'import parsl'")[0] != 0:
        remedy = f"Install it there: {executor.python} -m pip install 'tunesmith[parsl]'"
        yield Finding("extras", "error", f"jobs of a batch system need Parsl, which {executor.host} lacks", remedy)
        return
    yield Finding("scheduler", "ok", f"{', '.join(there.commands)} are there")
    yield from _check_submission(there, executor.ask)


def _check_endpoint(executor: GlobusExecutor) -> Iterator[Finding]:
    try:
        executor.check()
    except InputError as error:
        yield Finding("globus", "error", error.message, "Then check again.")
    else:
        yield Finding("globus", "ok", f"the login is there, and the endpoint {executor.endpoint} is online")


def _missing(executor: JobExecutor, run: Run) -> str | None:
    """Return which commands of the batch system cannot be found, in words; None if all are there."""
    commands = " ".join(map(shlex.quote, executor.commands))
    _, output, _ = run(f"for each in {commands}; do command -v $each > /dev/null || echo lacks:$each; done; true")
    missing = [line.removeprefix("lacks:") for line in output.splitlines() if line.startswith("lacks:")]
    return f"{', '.join(missing)} cannot be found" if missing else None


def check_folder(executor: Executor, folder: Path) -> Iterator[Finding]:
    """Yield a finding if the jobs of an executor hardly see the study's folder. A job that has run knows better.

    Args:
        executor: The study's.
        folder: The study's folder.
    """
    is_local = str(folder.resolve()).startswith(("/tmp/", "/var/tmp/", "/dev/shm/"))
    if is_local and _jobs_of(executor) is not None:
        message = f"{folder} is probably on a disk that compute nodes do not see"
        yield Finding("folder", "warning", message, "Choose a folder on a shared disk with folder in [study].")


def _check_submission(executor: JobExecutor, run: Run) -> Iterator[Finding]:
    command = executor.trial_submission()
    if command is None:
        return
    try:
        status, output, errors = run(command)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("job", "warning", f"{command} did not answer: {message_of(error)}", "Check again later.")
        return
    said = " ".join((errors or output).split())[-300:]
    if status != 0:
        message = f"the batch system would not take a trial's job: {said}"
        yield Finding("job", "error", message, "Correct queue, account, time or resources.")
    elif "--test-only" in command:
        yield Finding("job", "ok", said.removeprefix("sbatch: "))
        yield from _check_time(executor, run)
    else:
        yield Finding("job", "ok", "the queue exists")


def _check_time(executor: JobExecutor, run: Run) -> Iterator[Finding]:
    """Yield a finding if jobs ask for more time than their partition gives: Slurm takes them, and never starts them."""
    if not isinstance(executor, SlurmExecutor) or executor.walltime is None:
        return
    try:
        _, partitions, _ = run('sinfo --noheader --format "%P %l"')
    except (OSError, subprocess.TimeoutExpired):
        return
    limit = executor.time_limit(partitions)
    if limit is not None and seconds_of(executor.walltime) > seconds_of_slurm(limit):
        message = f"a job of {executor.walltime} would hardly ever start: its partition gives {limit}"
        yield Finding("time", "warning", message, "Lower walltime, or choose another partition.")
