"""A trial's folder, made ready for an attempt."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

import orjson

from ..core.trial import TrialRequest
from ..tasks.base import Task
from .checkpoint import inherit_checkpoint

LOG_FILE = "log.txt"
STOP_FILE = "stop"
_OF_ONE_ATTEMPT = ("reports.jsonl", "metrics.json", "result.json", "environment.json", STOP_FILE)
_HOST = platform.node()


def prepare(request: TrialRequest) -> bytes:
    """Make the trial's folder, clear away what an earlier attempt left, and write its parameters and an empty log.

    An old `log.txt` and `checkpoint/` stay, so that an attempt can go on where the last one broke off. Where there is
    no `checkpoint/` yet, it is copied from the trial that this one inherits from.

    Returns:
        The lines that begin the attempt in the log.

    Raises:
        OSError: The folder cannot be made or written, or the checkpoint not be copied.
    """
    folder = str(request.folder)
    try:
        os.makedirs(folder)  # noqa: PTH103  (a trial costs less without Path objects)
    except FileExistsError:
        for name in _OF_ONE_ATTEMPT:
            Path(folder, name).unlink(missing_ok=True)
    _write(f"{folder}/parameters.json", dict(request.parameters))
    os.close(os.open(f"{folder}/{LOG_FILE}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666))
    headline = b"" if request.attempt == 1 else b"\n[tunesmith: attempt %d begins]\n" % request.attempt
    return headline if request.inherits is None else headline + inherit_checkpoint(request.folder, request.inherits)


def write_environment(task: Task, request: TrialRequest, variables: dict[str, str]) -> None:
    """Write where and how a trial runs, from within its process.

    Args:
        task: What runs.
        request: The trial.
        variables: The environment variables that the executor has set; inherited ones may be secrets, and stay out.

    Raises:
        OSError: The folder cannot be written.
    """
    facts = {
        "host": _HOST,
        "pid": os.getpid(),
        "python": sys.executable,
        "attempt": request.attempt,
        "variables": variables,
        "command": task.reproduce(request),
    }
    _write(f"{request.folder}/environment.json", facts)


def _write(path: str, value: dict[str, Any]) -> None:
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str))
