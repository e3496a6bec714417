"""A trial that does nothing but look around: whether trials start where the executor runs them, and what they find."""

from __future__ import annotations

import concurrent.futures
import json
import logging
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...core.cores import count_cores
from ...core.trial import Measurement, Trial, TrialFailed, TrialRequest, Value
from ...errors import TunesmithError, message_of
from ...executors._job_output import errors_of
from ...executors._waiting import explained
from ...executors.base import Executor, reason_to_wait
from ...executors.ssh import SshExecutor
from ...tasks.function import FunctionTask
from ...text.wording import duration, size
from .finding import Finding

logger = logging.getLogger(__name__)

_FACTS_FILE = "probe.json"
_LEAST_FREE_BYTES = 1_000_000_000
_MOST_SKEW_SECONDS = 5.0
_WITHDRAWAL_SECONDS = 60.0


def look_around(parameters: Mapping[str, Value], trial: Trial) -> float:
    """Write what a trial finds into its folder; a training function."""
    assert trial.folder is not None
    facts = {
        "host": platform.node(),
        "python": platform.python_version(),
        "cores": count_cores(),
        "gpus": os.environ.get("CUDA_VISIBLE_DEVICES") or os.environ.get("ZE_AFFINITY_MASK") or "",
        "free_bytes": shutil.disk_usage(trial.folder).free,
        "time": time.time(),
    }
    (trial.folder / _FACTS_FILE).write_text(json.dumps(facts))
    return 0.0


def check_probe(executor: Executor, folder: Path, *, minutes: float) -> Iterator[Finding]:
    """Yield findings of a trial that looks around, run where trials run.

    Args:
        executor: The study's.
        folder: The study's folder, beside which the trial gets a folder of its own.
        minutes: How long to wait for it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".probe-", dir=folder.parent, ignore_cleanup_errors=True) as place:
        began = time.time()
        request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=Path(place, "trials", "0000"))
        try:
            with executor:
                executor.open(lambda number, attempt, step, metrics: None, folder=Path(place))
                future = executor.submit(FunctionTask(function=look_around, metric="facts"), request)
                patience = f"doctor waits for it, {duration(60 * minutes)} at most (--try-minutes)"
                yield Finding("submitted", "ok", f"a trial that does nothing is on its way; {patience}")
                try:
                    future.result(timeout=60 * minutes)
                except concurrent.futures.TimeoutError:
                    reason = reason_to_wait(executor, 0)
                    yield _never_ended(reason, minutes, is_gone=_withdraw(executor, future))
                    return
                except KeyboardInterrupt:
                    _withdraw(executor, future)
                    raise
                said = list(errors_of(Path(place)))
        except (TrialFailed, TunesmithError, OSError) as error:
            yield _failed(message_of(error))
            return
        finally:
            if isinstance(executor, SshExecutor):
                executor.forget_study()
        yield from _about(json.loads((request.folder / _FACTS_FILE).read_text()), began, time.time())
        if said:
            remedy = "If that is wrong, correct worker_init, or --commands of tunesmith setup."
            yield Finding("shell", "warning", f"the shell of the job said: {said[0]}", remedy)


def _withdraw(executor: Executor, future: concurrent.futures.Future[Measurement]) -> bool:
    """End the trial, so that no job of it stays behind; return whether it has ended."""
    executor.stop(0)
    seconds = _WITHDRAWAL_SECONDS if executor.capabilities.can_stop else 0.0
    if concurrent.futures.wait([future], timeout=seconds).done:
        return True
    logger.warning("the trial that does nothing could not be cancelled; look at the queue")
    return False


def _never_ended(reason: str | None, minutes: float, *, is_gone: bool) -> Finding:
    """Return the finding on a trial that took too long.

    Args:
        reason: Why it had not begun, empty if that is not known; None if it had, or nobody knows.
        minutes: How long it had.
        is_gone: Whether it was cancelled.
    """
    verb = "ended" if reason is None else "started"
    message = f"a trial that does nothing has not {verb} after {duration(60 * minutes)}"
    if is_gone:
        message += ", and was cancelled"
    if reason:
        message += f"; its job waited: {explained(reason)}"
    return Finding("probe", "error", message, "Look at the queue, or wait longer with --try-minutes.")


def _failed(reason: str) -> Finding:
    """Return the finding on a trial that failed."""
    remedy = "Correct [execution] or what it says, and check again."
    if "No module named 'tunesmith'" in reason:
        remedy = "Install tunesmith for the Python there, or name another one with python or worker_init."
    return Finding("probe", "error", f"a trial that does nothing failed: {reason}", remedy)


def _about(facts: Mapping[str, Any], began: float, ended: float) -> Iterator[Finding]:
    """Yield findings on what the trial has found.

    Args:
        facts: What it has found.
        began: When it was submitted, by the clock of this machine.
        ended: When its result was there.
    """
    gpus = f", GPUs {facts['gpus']}" if facts["gpus"] else ""
    where = f"on {facts['host']}, with Python {facts['python']}, {facts['cores']} cores{gpus}"
    yield Finding("probe", "ok", f"a trial ran {where}, and its result was here after {duration(ended - began)}")
    skew = max(began - facts["time"], facts["time"] - ended)
    if skew > _MOST_SKEW_SECONDS:
        side = "behind" if facts["time"] < began else "ahead of"
        message = f"the clock of {facts['host']} is {duration(skew)} {side} the one here"
        yield Finding("clock", "warning", message, "Have it set; times in the report will be wrong.")
    else:
        yield Finding("clock", "ok", "both clocks agree")
    free = facts["free_bytes"]
    if free < _LEAST_FREE_BYTES:
        yield Finding(
            "room", "warning", f"only {size(free)} are free for trials there", "Make room, or move the study."
        )
    here = ".".join(platform.python_version_tuple()[:2])
    if not facts["python"].startswith(f"{here}."):
        message = f"trials run with Python {facts['python']}, the study with {platform.python_version()}"
        yield Finding("python", "hint", message, "Functions travel between them; if one fails, use the same Python.")
