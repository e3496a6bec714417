"""Prepare a trial's folder for an attempt, and record where and how the attempt runs."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import orjson

from ..core.trial import TrialRequest
from .checkpoint import inherit_checkpoint
from .names import ARTIFACTS_FOLDER, ENVIRONMENT_FILE, LOG_FILE, OF_ONE_ATTEMPT, PARAMETERS_FILE

_HOST = platform.node()


def prepare(request: TrialRequest) -> bytes:
    """Create the trial's folder, remove files of an earlier attempt, and write the parameters and an empty log.

    The log and the checkpoint are kept, so that an attempt can continue from the last one. Without a checkpoint of its
    own, the trial gets a copy of the checkpoint of the trial that it inherits from.

    Returns:
        The first lines of the attempt for the log.

    Raises:
        OSError: The folder cannot be created or written, or the checkpoint cannot be copied.
    """
    folder = str(request.folder)
    try:
        os.makedirs(folder)  # noqa: PTH103  (a trial costs less without Path objects)
    except FileExistsError:
        clear_attempt(request.folder)
    with open(f"{folder}/{PARAMETERS_FILE}", "wb") as file:  # noqa: PTH123
        file.write(orjson.dumps(dict(request.parameters), option=orjson.OPT_INDENT_2, default=str))
    os.close(os.open(f"{folder}/{LOG_FILE}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666))
    headline = b"" if request.attempt == 1 else b"\n[tunesmith: attempt %d begins]\n" % request.attempt
    return headline if request.inherits is None else headline + inherit_checkpoint(request.folder, request.inherits)


def clear_attempt(folder: Path) -> None:
    """Remove the files of an earlier attempt; the log and the checkpoint are kept.

    Raises:
        OSError: A file cannot be removed.
    """
    for name in OF_ONE_ATTEMPT:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / ARTIFACTS_FOLDER, ignore_errors=True)


def write_environment(folder: Path, *, attempt: int, variables: Mapping[str, str], command: str) -> None:
    """Write where and how a trial runs, from within its process.

    Args:
        folder: The trial's folder.
        attempt: From 1.
        variables: The environment variables that the executor has set. Inherited ones may be secrets and are left out.
        command: Runs the trial again by hand, see `Task.reproduce`.

    Raises:
        OSError: The folder cannot be written.
    """
    environment = {
        "host": _HOST,
        "pid": os.getpid(),
        "python": sys.executable,
        "attempt": attempt,
        "variables": dict(variables),
        "command": command,
    }
    with open(f"{folder}/{ENVIRONMENT_FILE}", "wb") as file:  # noqa: PTH123  (called for every trial)
        file.write(orjson.dumps(environment, option=orjson.OPT_INDENT_2))
