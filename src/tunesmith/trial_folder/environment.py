"""`environment.json`: where and how a trial ran."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

import orjson

from .names import ENVIRONMENT_FILE

_HOST = platform.node()


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
