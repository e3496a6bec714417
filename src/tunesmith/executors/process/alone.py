"""One trial under supervision, in a process that is not the study's: a batch job, or a worker of a pool."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

from ...core.trial import FailureKind, Measurement, TrialFailed, TrialRequest
from ...errors import TrialPruned
from ...execution.evaluation import failed
from ...execution.portable import PortableTask, pack, unpack
from ...execution.remote import die_with_study
from ...tasks.base import Task
from ...trial_folder.checkpoint import checkpoint_time
from ...trial_folder.names import STOP_FILE
from ...trial_folder.result import Result, read_result, write_result
from . import ProcessExecutor
from .standby import supervisor

BLOCK_END_VARIABLE = "TUNESMITH_BLOCK_END"
"""Set in the workers of a pilot job to the time at which the job ends, in seconds since 1970."""
_POLL_SECONDS = 0.5
_LEAST_SECONDS = 1.0
_ALL_GPUS = 10_000
"""The trial sees all GPUs that its job or worker sees."""


def run_alone(
    task: PortableTask,
    request: TrialRequest,
    executor: ProcessExecutor,
    *,
    proceeds: Callable[[], bool] = lambda: True,
    purpose: object = None,
) -> Result:
    """Run a trial to its end in a process tree of its own, under the limits of the request.

    Args:
        task: The task.
        request: The trial, whose folder this process sees. A file `stop` there asks it to end.
        executor: Its options hold for the trial, except for the number of GPUs: it sees all that this process sees.
        proceeds: Called about twice a second; if it returns False, the trial is killed.
        purpose: If given, the supervisor waits for the next trial of the same purpose, see `supervisor`; not together
            with `proceeds`.

    Returns:
        The result, which is also in the trial's folder if that can be written.
    """
    if (request.folder / STOP_FILE).exists():
        return {"attempt": request.attempt, "state": "pruned", "metrics": {}, "artifacts": {}, "failure": None}
    asked = False
    with supervisor(replace(executor, slots=1, gpus_per_trial=_ALL_GPUS), purpose) as alone:
        future = alone.submit(cast("Task", task), request)
        while not wait([future], timeout=_POLL_SECONDS).done and proceeds():
            if not asked and (request.folder / STOP_FILE).exists():
                asked = True
                alone.stop(request.number)
    return read_result(request.folder, request.attempt) or result_of(future, request.attempt)


def run_isolated(
    task: PortableTask,
    request: TrialRequest,
    files: Mapping[str, bytes] | None,
    executor: ProcessExecutor,
    study_pid: int,
    path: Sequence[str] = (),
) -> tuple[Result, dict[str, bytes]]:
    """Run a trial to its end in a worker of a pool, without risk to the worker.

    Args:
        task: The task.
        request: The trial.
        files: None if this worker sees the trial's folder. Otherwise the files to start from, and the trial runs in a
            temporary folder.
        executor: Its options hold for the trial.
        study_pid: The study's process. If it is the parent of this worker and dies, so do the worker and the trial.
            0 if it runs on a machine that is not known here: nothing is then kept for its next trial.
        path: Where the study finds modules of the user. A worker that sees its folder looks there first, so that no
            package that happens to have the same name takes their place.

    Returns:
        The result, and without a shared folder every file that the trial left.
    """
    die_with_study(study_pid)
    if files is None:
        sys.path[:] = [*path, *(entry for entry in sys.path if entry not in path)]
        purpose = (study_pid, request.folder.parent) if study_pid else None
        return _run_in_pool(task, request, executor, purpose), {}
    with tempfile.TemporaryDirectory(prefix="tunesmith-", ignore_cleanup_errors=True) as root:
        folder = Path(root, request.folder.name)
        unpack(files, folder)
        result = _run_in_pool(task, replace(request, folder=folder, inherits=None), executor)
        return result, pack(folder)


def run_until(
    end_seconds: float,
    task: PortableTask,
    request: TrialRequest,
    executor: ProcessExecutor,
    *,
    proceeds: Callable[[], bool] = lambda: True,
    purpose: object = None,
) -> Result:
    """Run a trial in a job that ends in `end_seconds`, as `run_alone` does.

    The trial is stopped in time for its result to be written. If it has saved a checkpoint in this attempt, it is
    preempted, and will go on from there; otherwise it would never end, and this is a timeout.
    """
    left = end_seconds - closing_seconds(end_seconds, executor.grace_seconds)
    if (request.timeout_seconds or math.inf) <= left:
        return run_alone(task, request, executor, proceeds=proceeds, purpose=purpose)
    if left < _LEAST_SECONDS:
        return _ended_by_job(request, {}, "preempted", "its job is about to end")
    before = checkpoint_time(request.folder)
    result = run_alone(task, replace(request, timeout_seconds=left), executor, proceeds=proceeds, purpose=purpose)
    if result["failure"] is None or result["failure"]["kind"] != "timeout":
        return result
    if checkpoint_time(request.folder) > before:
        return _ended_by_job(request, result, "preempted", "its job ends, and it goes on from its checkpoint")
    reason = (
        f"it has no end after {left:.0f} seconds, its job's walltime leaves no more, and it saves no checkpoint to go "
        "on from; allow a longer walltime"
    )
    return _ended_by_job(request, result, "timeout", reason)


def closing_seconds(end_seconds: float, grace_seconds: float) -> float:
    """Return how long before the end of its job a trial is stopped, so that its result is written in time.

    Args:
        end_seconds: The time until the job ends.
        grace_seconds: How long the trial may take to end after it was asked to.
    """
    return min(60.0, 0.1 * end_seconds) + 2 * grace_seconds


def _ended_by_job(request: TrialRequest, result: Result, kind: FailureKind, reason: str) -> Result:
    ended: Result = {**result, "attempt": request.attempt, **failed(kind, reason)}
    with contextlib.suppress(OSError):
        write_result(request.folder, ended)
    return ended


def _run_in_pool(
    task: PortableTask, request: TrialRequest, executor: ProcessExecutor, purpose: object = None
) -> Result:
    end = os.environ.get(BLOCK_END_VARIABLE, "")
    if not end.isdecimal():
        return run_alone(task, request, executor, purpose=purpose)
    return run_until(int(end) - time.time(), task, request, executor, purpose=purpose)


def result_of(future: Future[Measurement], attempt: int) -> Result:
    """Return the result of a trial from its future, which must be done."""
    result: Result = {"attempt": attempt, "state": "pruned", "metrics": {}, "artifacts": {}, "failure": None}
    try:
        measurement = future.result()
    except TrialPruned:
        return result
    except TrialFailed as error:
        failure = {key: value for key, value in asdict(error.failure).items() if value not in ("", None, False)}
        seconds, peak = failure.pop("seconds", None), failure.pop("peak_memory_bytes", None)
        return {**result, "state": "failed", "failure": failure, "seconds": seconds, "peak_memory_bytes": peak}
    return {
        **result,
        "state": "complete",
        "metrics": dict(measurement.metrics),
        "artifacts": dict(measurement.artifacts),
        "seconds": measurement.seconds,
        "peak_memory_bytes": measurement.peak_memory_bytes,
    }
