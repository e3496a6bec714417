"""What trials leave behind: results on disk, and processes that outlived whoever started them."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

logger = logging.getLogger(__name__)

RESULT_FILE = "result.json"
TRIAL_VARIABLE = "TUNESMITH_TRIAL"
"""Set in every process of a trial to the trial's folder, and in a worker to the folder that holds the trials."""
WORKER_VARIABLE = "TUNESMITH_WORKER"
"""Set in a worker, and so in all that it starts, to a text that no other worker has."""


def write_result(folder: Path, result: dict[str, Any]) -> None:
    """Write how a trial ended, so that it is found however the study ends.

    The file appears at once and whole. It is not forced to the disk: what must survive a power cut is the journal.

    Args:
        folder: The trial's folder.
        result: `attempt`, `state` (`complete`, `pruned`, `failed` or `lost`), `metrics`, `failure` (a table or None),
            `seconds`, `peak_memory_bytes` and `reports` (how many).

    Raises:
        OSError: The folder has gone or the disk is full.
    """
    draft = f"{folder}/{RESULT_FILE}.{os.getpid()}.tmp"
    with open(draft, "w", encoding="utf-8") as file:  # noqa: PTH123  (a trial costs less without Path objects)
        file.write(json.dumps(result))
    os.replace(draft, f"{folder}/{RESULT_FILE}")  # noqa: PTH105


def read_result(folder: Path, attempt: int) -> dict[str, Any] | None:
    """Return how an attempt at a trial ended, as its folder tells.

    Args:
        folder: The trial's folder.
        attempt: Only this attempt counts.

    Returns:
        What `write_result` wrote, or None where this attempt has not ended or left no readable result.
    """
    try:
        result = json.loads((folder / RESULT_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(result, dict) or result.get("attempt") != attempt:
        return None
    return result


def sweep(study_folder: Path) -> int:
    """Kill every process that a trial of this study has left on this machine.

    To be called by whoever owns the study's folder, before any trial is started: after a `kill -9` of everything,
    processes that a trial had started may still run, write to its folder and hold a GPU.

    Args:
        study_folder: The study's folder.

    Returns:
        How many processes were killed.
    """
    root = os.path.realpath(study_folder)

    def lies_inside(variables: dict[str, str]) -> bool:
        folder = variables.get(TRIAL_VARIABLE)
        return bool(folder) and os.path.realpath(str(folder)).startswith((root + os.sep, root + "\0"))

    return _kill_where(lies_inside, root)


def sweep_worker(token: str) -> int:
    """Kill every process that a worker has left, the worker itself included where it still runs.

    Args:
        token: The worker's own value of `TUNESMITH_WORKER`.

    Returns:
        How many processes were killed.
    """
    return _kill_where(lambda variables: variables.get(WORKER_VARIABLE) == token, token)


def _kill_where(matches: Callable[[dict[str, str]], bool], what: str) -> int:
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    killed: set[int] = set()
    # A process may fork while the list is read, so look again until nothing is left.
    for _ in range(50):
        found = [process for process in psutil.process_iter() if process.pid not in spared and _is(process, matches)]
        if not found:
            break
        for process in found:
            try:
                process.kill()
                killed.add(process.pid)
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied:
                spared.add(process.pid)
        time.sleep(0.01)
    if killed:
        logger.warning("killed %d processes that were left of %s", len(killed), what)
    return len(killed)


def _is(process: psutil.Process, matches: Callable[[dict[str, str]], bool]) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and matches(process.environ())
    except (psutil.Error, OSError):
        return False  # gone, or somebody else's: then it is not of this study
