"""Run one trial in this process, and convert between results and futures; shared by all executors."""

from __future__ import annotations

import logging
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from ..core.machine_faults import machine_fault
from ..core.trial import Failure, FailureKind, Measurement, OnReport, Reporter, TrialFailed, TrialRequest
from ..errors import TrialPruned, message_of
from ..journal.records import from_table
from ..tasks.base import Task
from ..text.cleaning import valid
from ..trial_folder.artifacts import check_artifacts
from ..trial_folder.disk import disk_fault
from ..trial_folder.exit_status import shows_out_of_memory
from ..trial_folder.log import BoundedLog, read_tail
from ..trial_folder.names import LOG_FILE
from ..trial_folder.prepare import prepare, write_environment
from ..trial_folder.reports import ReportsTail
from ..trial_folder.result import Result, read_result, write_result
from .output import captured

logger = logging.getLogger(__name__)

_OWN_CODE = str(Path(__file__).parent.parent)
_MAX_REASON = 1000


def run_trial(
    load: Callable[[], Task], request: TrialRequest, report: Reporter, *, reproduces: TrialRequest | None = None
) -> Result:
    """Run a trial in this thread: prepare its folder, capture its output, evaluate it, and write its result.

    Args:
        load: Returns the task; may import the user's code.
        request: The trial.
        report: Called with intermediate metrics.
        reproduces: The request to name in `environment.json`, if the trial runs in a temporary folder.

    Returns:
        The result, which is also in the trial's folder.
    """
    log = BoundedLog(request.folder / LOG_FILE)
    started = time.perf_counter()
    reports = 0

    def count(step: int, metrics: Mapping[str, float]) -> None:
        nonlocal reports
        reports += 1
        report(step, metrics)

    try:
        log.write(prepare(request))
    except OSError as error:
        result = not_started(error, "the trial's folder could not be prepared")
    else:
        with captured(log):
            result = evaluate(load, request, count, reproduces=reproduces)
    finally:
        log.close()
    return finish(
        request,
        result,
        seconds=time.perf_counter() - started,
        peak_memory_bytes=_peak_memory_bytes(),
        reports=reports,
    )


def evaluate(
    load: Callable[[], Task],
    request: TrialRequest,
    report: Reporter,
    *,
    variables: Mapping[str, str] = MappingProxyType({}),
    reproduces: TrialRequest | None = None,
) -> Result:
    """Load a task and evaluate it once.

    An exception of the user's code is printed to stderr, which is the trial's log, and becomes a failure.

    Args:
        load: Returns the task; may import the user's code.
        request: The trial, in a prepared folder.
        report: Called with intermediate metrics.
        variables: Environment variables that the executor has set, for the record.
        reproduces: As for `run_trial`.

    Returns:
        A result without costs; see `finish`.
    """
    try:
        task = load()
        command = task.reproduce(reproduces or request)
        write_environment(request.folder, attempt=request.attempt, variables=variables, command=command)
    except Exception as error:
        _print_traceback(error, error.__traceback__)
        return failed("setup", f"the trial could not be prepared: {message_of(error)}")
    try:
        measurement = task.evaluate(request, report)
        check_artifacts(request.folder, measurement.artifacts)
    except TrialPruned:
        return {"state": "pruned"}
    except TrialFailed as error:
        return failed(error.failure.kind, error.failure.reason, systematic=error.failure.systematic)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int | str | None) else type(leaving.code)
        reason = f"it called sys.exit({code!r}) instead of returning its metrics"
        return failed("exit", reason, systematic=code == 2)  # As argparse does.
    except Exception as error:
        _print_traceback(error, _skip_own_frames(error.__traceback__))
        systematic = isinstance(error, ImportError | SyntaxError)
        return failed(_failure_kind(error), message_of(error), systematic=systematic)
    return {"state": "complete", "metrics": dict(measurement.metrics), "artifacts": dict(measurement.artifacts)}


def failed(kind: FailureKind, reason: str, *, systematic: bool = False) -> Result:
    """Return the result of a trial that has failed; see `Failure`. A long reason is cut."""
    failure = {"kind": kind, "reason": valid(reason)[:_MAX_REASON]} | ({"systematic": True} if systematic else {})
    return {"state": "failed", "failure": failure}


def not_started(error: OSError, problem: str) -> Result:
    """Return the result of a trial that could not be started: the machine's fault, or that of the trial's setup.

    Args:
        error: Why.
        problem: What could not be done, in words.
    """
    fault = machine_fault(error)
    return failed("setup" if fault is None else "machine", f"{problem}: {fault or message_of(error)}")


def finish(
    request: TrialRequest, result: Result, *, seconds: float, peak_memory_bytes: int | None, reports: int
) -> Result:
    """Add costs and the end of the log to a result, and write it into the trial's folder.

    A failure on a full disk becomes one of the machine. A result that cannot be written still reaches the study.
    """
    whole: Result = {"attempt": request.attempt, "metrics": {}, "artifacts": {}, "failure": None, **result}
    whole |= {"seconds": seconds, "peak_memory_bytes": peak_memory_bytes, "reports": reports}
    if whole["failure"] is not None:
        whole["failure"] = _explained(request.folder, whole["failure"])
    try:
        write_result(request.folder, whole)
    except OSError as error:
        logger.info("the result of trial %d could not be written: %s", request.number, error)
    return whole


def _explained(folder: Path, failure: Mapping[str, Any]) -> dict[str, Any]:
    """Return a failure with the end of the log, and with the machine's fault if there is one."""
    whole = {**failure, "log_tail": read_tail(folder / LOG_FILE)}
    if failure["kind"] not in ("exit", "exception", "metric", "setup"):
        return whole
    fault = disk_fault(folder, f"{failure['reason']}\n{whole['log_tail']}")
    return whole if fault is None else whole | {"kind": "machine", "reason": f"{failure['reason']}; {fault}"}


def settle(future: Future[Measurement], result: Result) -> None:
    """Settle a future from a result: with a measurement, `TrialPruned` or `TrialFailed`."""
    seconds, peak = result.get("seconds"), result.get("peak_memory_bytes")
    if result["state"] == "complete":
        metrics, artifacts = result["metrics"], result.get("artifacts", {})
        future.set_result(Measurement(metrics=metrics, artifacts=artifacts, seconds=seconds, peak_memory_bytes=peak))
    elif result["state"] == "pruned":
        future.set_exception(TrialPruned("the trial was stopped."))
    else:
        failure = from_table(Failure, {**(result["failure"] or {}), "seconds": seconds, "peak_memory_bytes": peak})
        future.set_exception(TrialFailed(failure))


def recover_from_folder(request: TrialRequest, on_report: OnReport) -> Future[Measurement] | None:
    """Settle an attempt of an earlier session from the files in its folder; see `Executor.recover`.

    Returns:
        A settled future, or None if the folder has no result of this attempt, or the trial is to run again.
    """
    result = read_result(request.folder, request.attempt)
    if result is None or (result.get("failure") or {}).get("kind") in ("lost", "preempted", "machine"):
        return None
    future: Future[Measurement] = Future()
    try:
        for report in ReportsTail(request.folder).new():
            on_report(request.number, request.attempt, report.step, report.metrics)
    except TrialPruned as pruned:
        future.set_exception(pruned)
    else:
        settle(future, result)
    return future


def _failure_kind(error: Exception) -> FailureKind:
    """Distinguish missing memory, of a GPU too, from other exceptions, because a search can learn from it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "memory"
    out_of_memory = isinstance(error, RuntimeError) and shows_out_of_memory(message_of(error).encode(errors="replace"))
    return "memory" if out_of_memory else "exception"


def _print_traceback(error: Exception, trace: TracebackType | None) -> None:
    with suppress(OSError, ValueError):  # The trial has closed standard error.
        traceback.print_exception(type(error), error, trace, file=sys.stderr)


def _skip_own_frames(trace: TracebackType | None) -> TracebackType | None:
    """Leave out frames of tunesmith, which do not help the user."""
    inner = trace
    while inner is not None and inner.tb_frame.f_code.co_filename.startswith(_OWN_CODE):
        inner = inner.tb_next
    return inner or trace


def _peak_memory_bytes() -> int:
    """Return the most memory that this process has held so far: an upper bound for the trial."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
