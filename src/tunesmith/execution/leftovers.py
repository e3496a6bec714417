"""Processes of trials that outlived whatever started them, found by their environment variables."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

logger = logging.getLogger(__name__)

TRIAL_VARIABLE = "TUNESMITH_TRIAL"
"""Set in every process of a trial to the trial's folder, and in a worker to the folder of all trials."""
KEPT = {"SPT_NOENV": "1"}
"""Set with these variables: `setproctitle` then changes the title of a process and leaves its environment readable."""
WORKER_VARIABLE = "TUNESMITH_WORKER"
"""Set in a worker, and so in everything that it starts, to a token of its own."""


def sweep(study_folder: Path) -> int:
    """Kill every process on this machine that a trial of a study has left.

    Call it before the first trial, by the process that owns the study's folder: if everything was killed at once,
    grandchildren may still run, write to a trial's folder, or hold a GPU.

    Args:
        study_folder: The study's folder, or that of a single trial.

    Returns:
        The number of processes killed.
    """
    root = os.path.realpath(study_folder)

    def belongs(variables: dict[str, str]) -> bool:
        folder = variables.get(TRIAL_VARIABLE)
        return bool(folder) and f"{os.path.realpath(str(folder))}{os.sep}".startswith((root + os.sep, root + "\0"))

    return _kill_where(belongs, root)


def sweep_worker(token: str) -> int:
    """Kill every process that a worker has left, and the worker itself if it still runs.

    Args:
        token: The worker's value of `TUNESMITH_WORKER`.

    Returns:
        The number of processes killed.
    """
    return _kill_where(lambda variables: variables.get(WORKER_VARIABLE) == token, token)


def _kill_where(matches: Callable[[dict[str, str]], bool], owner: str) -> int:
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    killed: set[int] = set()
    # A process may fork while the list is read, so repeat until none is left.
    for _ in range(50):
        left = [
            process for process in psutil.process_iter() if process.pid not in spared and _matches(process, matches)
        ]
        if not left:
            break
        for process in left:
            try:
                process.kill()
                killed.add(process.pid)
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied:
                spared.add(process.pid)
        time.sleep(0.01)
    if killed:
        logger.warning("killed %d processes left by trials of %s", len(killed), owner)
    return len(killed)


def _matches(process: psutil.Process, matches: Callable[[dict[str, str]], bool]) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and matches(process.environ())
    except (psutil.Error, OSError):
        return False  # gone, or owned by another user and so not part of this study
