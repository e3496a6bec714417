"""Checks of what an executor needs where it runs trials on a cluster: commands of the batch system, a login."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError, MissingExtra, message_of
from ...executors._jobs import JobExecutor
from ...executors._scheduler import run_command
from ...executors.base import Executor
from ...executors.globus import GlobusExecutor
from ...executors.ssh import SshExecutor
from .finding import Finding

_COMMAND_SECONDS = 60.0


def check_cluster(executor: Executor, folder: Path) -> Iterator[Finding]:
    """Yield findings on the batch system or the machine that an executor uses; none for one on this machine.

    Args:
        executor: The study's.
        folder: The study's folder.
    """
    if isinstance(executor, SshExecutor):
        yield from _check_login(executor)
    elif isinstance(executor, GlobusExecutor):
        yield from _check_endpoint(executor)
    elif isinstance(executor, JobExecutor) and executor.commands:
        yield from _check_commands(executor, folder)


def _check_login(executor: SshExecutor) -> Iterator[Finding]:
    try:
        executor.check()
    except InputError as error:
        yield Finding("ssh", "error", error.message, "Then check again.")
    else:
        yield Finding("ssh", "ok", f"{executor.host} takes the login, and tunesmith runs there")


def _check_endpoint(executor: GlobusExecutor) -> Iterator[Finding]:
    try:
        executor.check()
    except InputError as error:
        yield Finding("globus", "error", error.message, "Then check again.")
    else:
        yield Finding("globus", "ok", f"the login is there, and the endpoint {executor.endpoint} is online")


def _check_commands(executor: JobExecutor, folder: Path) -> Iterator[Finding]:
    missing = [command for command in executor.commands if shutil.which(command) is None]
    if missing:
        remedy = 'Run this on a login node, or use executor = "ssh" from here.'
        yield Finding("scheduler", "error", f"{', '.join(missing)} cannot be found", remedy)
        return
    try:
        executor.make_provider("01:00:00", None)
    except MissingExtra as error:
        yield Finding("extras", "error", error.message, "Install it, or choose another executor.")
        return
    yield Finding("scheduler", "ok", f"{', '.join(executor.commands)} are there")
    yield from _check_submission(executor)
    if str(folder.resolve()).startswith(("/tmp/", "/var/tmp/", "/dev/shm/")):
        message = f"{folder} is probably on a disk that compute nodes do not see"
        yield Finding("folder", "warning", message, "Choose a folder on a shared disk with folder in [study].")


def _check_submission(executor: JobExecutor) -> Iterator[Finding]:
    command = executor.trial_submission()
    if command is None:
        return
    try:
        status, output, errors = run_command(command, _COMMAND_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("job", "warning", f"{command} did not answer: {message_of(error)}", "Check again later.")
        return
    said = " ".join((errors or output).split())[-300:]
    if status != 0:
        message = f"the batch system would not take a trial's job: {said}"
        yield Finding("job", "error", message, "Correct queue, account, time or resources.")
    elif "--test-only" in command:
        yield Finding("job", "ok", said.removeprefix("sbatch: "))
    else:
        yield Finding("job", "ok", "the queue exists")
