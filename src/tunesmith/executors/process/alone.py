"""One trial under supervision, in a process that is not the study's: a batch job, or a worker of a pool."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import asdict, replace
from pathlib import Path

from ...core.trial import Measurement, TrialFailed, TrialRequest
from ...errors import TrialPruned
from ...execution.portable import PortableTask, pack, unpack
from ...execution.remote import die_with_study
from ...trial_folder.names import STOP_FILE
from ...trial_folder.result import Result, read_result
from . import ProcessExecutor

_POLL_SECONDS = 0.5


def run_alone(
    task: PortableTask,
    request: TrialRequest,
    executor: ProcessExecutor,
    *,
    proceeds: Callable[[], bool] = lambda: True,
) -> Result:
    """Run a trial to its end in a process tree of its own, under the limits of the request.

    Args:
        task: The task.
        request: The trial, whose folder this process sees. A file `stop` there asks it to end.
        executor: Its options hold for the trial.
        proceeds: Called about twice a second; if it returns False, the trial is killed.

    Returns:
        The result, which is also in the trial's folder if that can be written.
    """
    if (request.folder / STOP_FILE).exists():
        return {"attempt": request.attempt, "state": "pruned", "metrics": {}, "artifacts": {}, "failure": None}
    asked = False
    with replace(executor, slots=1) as alone:
        alone.open(lambda number, attempt, step, metrics: None)
        future = alone.submit_portable(task, request)
        while not wait([future], timeout=_POLL_SECONDS).done and proceeds():
            if not asked and (request.folder / STOP_FILE).exists():
                asked = True
                alone.stop(request.number)
    return read_result(request.folder, request.attempt) or _result_of(future, request.attempt)


def run_isolated(
    task: PortableTask,
    request: TrialRequest,
    files: Mapping[str, bytes] | None,
    executor: ProcessExecutor,
    study_pid: int,
) -> tuple[Result, dict[str, bytes]]:
    """Run a trial to its end in a worker of a pool, without risk to the worker.

    Args:
        task: The task.
        request: The trial.
        files: None if this worker sees the trial's folder. Otherwise the files to start from, and the trial runs in a
            temporary folder.
        executor: Its options hold for the trial.
        study_pid: The study's process. If it is the parent of this worker and dies, so do the worker and the trial.

    Returns:
        The result, and without a shared folder every file that the trial left.
    """
    die_with_study(study_pid)
    if files is None:
        return run_alone(task, request, executor), {}
    with tempfile.TemporaryDirectory(prefix="tunesmith-", ignore_cleanup_errors=True) as root:
        folder = Path(root, request.folder.name)
        unpack(files, folder)
        result = run_alone(task, replace(request, folder=folder, inherits=None), executor)
        return result, pack(folder)


def _result_of(future: Future[Measurement], attempt: int) -> Result:
    """Return the result of a trial whose folder does not have it, such as on a full disk."""
    try:
        measurement = future.result()
    except TrialPruned:
        return {"attempt": attempt, "state": "pruned", "metrics": {}, "artifacts": {}, "failure": None}
    except TrialFailed as error:
        failure = {key: value for key, value in asdict(error.failure).items() if value not in ("", None, False)}
        return {"attempt": attempt, "state": "failed", "metrics": {}, "artifacts": {}, "failure": failure}
    return {
        "attempt": attempt,
        "state": "complete",
        "metrics": dict(measurement.metrics),
        "artifacts": dict(measurement.artifacts),
        "failure": None,
    }
