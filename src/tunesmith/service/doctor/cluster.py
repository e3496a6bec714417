"""Checks of what an executor needs where it runs trials on a cluster: commands of the batch system, a login."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError, MissingExtra
from ...executors._jobs import JobExecutor
from ...executors.base import Executor
from ...executors.ssh import SshExecutor
from .finding import Finding


def check_cluster(executor: Executor, folder: Path) -> Iterator[Finding]:
    """Yield findings on the batch system or the machine that an executor uses; none for one on this machine.

    Args:
        executor: The study's.
        folder: The study's folder.
    """
    if isinstance(executor, SshExecutor):
        yield from _check_login(executor)
    elif isinstance(executor, JobExecutor) and executor.commands:
        yield from _check_commands(executor, folder)


def _check_login(executor: SshExecutor) -> Iterator[Finding]:
    try:
        executor.check()
    except InputError as error:
        yield Finding("ssh", "error", error.message, "Then check again.")
    else:
        yield Finding("ssh", "ok", f"{executor.host} takes the login, and tunesmith runs there")


def _check_commands(executor: JobExecutor, folder: Path) -> Iterator[Finding]:
    missing = [command for command in executor.commands if shutil.which(command) is None]
    if missing:
        remedy = 'Run this on a login node, or use executor = "ssh" from here.'
        yield Finding("batch system", "error", f"{', '.join(missing)} cannot be found", remedy)
        return
    try:
        executor.make_provider("01:00:00", None)
    except MissingExtra as error:
        yield Finding("extras", "error", error.message, "Install it, or choose another executor.")
        return
    yield Finding("batch system", "ok", f"{', '.join(executor.commands)} are there")
    if str(folder.resolve()).startswith(("/tmp/", "/var/tmp/", "/dev/shm/")):
        message = f"{folder} is probably on a disk that compute nodes do not see"
        yield Finding("folder", "warning", message, "Choose a folder on a shared disk with folder in [study].")
