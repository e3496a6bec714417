"""Run one trial in a worker of a pool: in another thread, process or machine."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from multiprocessing.connection import wait
from pathlib import Path

import psutil

from ..core.trial import TrialRequest
from ..trial_folder.result import Result
from ..trial_folder.stop import raise_if_stopped
from .evaluation import run_trial
from .portable import PortableTask, pack, unpack


def run_remotely(
    task: PortableTask, request: TrialRequest, files: Mapping[str, bytes] | None, study_pid: int
) -> tuple[Result, dict[str, bytes]]:
    """Run a trial to its end.

    Args:
        task: The task.
        request: The trial.
        files: None if this worker sees the trial's folder. Otherwise the files to start from, and the trial runs in a
            temporary folder.
        study_pid: The study's process. If it is the parent of this worker and dies, so do the worker and its children.

    Returns:
        The result, and without a shared folder every file that the trial left.
    """
    die_with_study(study_pid)
    if files is None:
        return run_trial(task.load, request, lambda step, metrics: raise_if_stopped(request.folder)), {}
    with tempfile.TemporaryDirectory(prefix="tunesmith-", ignore_cleanup_errors=True) as root:
        folder = Path(root, request.folder.name)
        unpack(files, folder)
        local = replace(request, folder=folder, inherits=None)
        result = run_trial(task.load, local, lambda step, metrics: None, reproduces=request)
        return result, pack(folder)


@lru_cache
def die_with_study(study_pid: int) -> None:
    """End this process with its parent, if that is the study; a worker of `multiprocessing` would outlive it."""
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid != study_pid:
        return

    def watch() -> None:
        wait([parent.sentinel])
        for child in psutil.Process().children(recursive=True):
            child.kill()
        os._exit(1)

    threading.Thread(target=watch, name="tunesmith-parent-watch", daemon=True).start()
