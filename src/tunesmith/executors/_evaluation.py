"""Run a task once, and put whatever happens into plain data."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any

from ..core.trial import Failure, FailureKind, Measurement, Reporter, TrialRequest
from ..errors import TrialPruned
from ..tasks.base import Task, TrialFailed, TrialLost

Result = dict[str, Any]
"""`attempt`, `state`, `metrics`, `failure`, `seconds`, `peak_memory_bytes`, `reports`: see `write_result`."""

_OURS = str(Path(__file__).parent.parent)
_OUT_OF_MEMORY = ("out of memory", "RESOURCE_EXHAUSTED", "bad_alloc")


def evaluate(task: Task, request: TrialRequest, report: Reporter) -> Result:
    """Run a trial in this process and return how it ended.

    An exception of the user's code is printed to stderr, which is the trial's log, and becomes a failure.

    Args:
        task: What to run.
        request: The trial.
        report: Told of intermediate results.

    Returns:
        A result with `state` and with `metrics` or `failure`; the rest is for the executor to fill in.
    """
    try:
        measured = task.evaluate(request, report)
    except TrialPruned:
        return {"state": "pruned"}
    except TrialFailed as failed:
        state = "lost" if isinstance(failed, TrialLost) else "failed"
        return failure(failed.failure.kind, failed.failure.reason, state)
    except SystemExit as leaving:
        return failure("exit", f"it called sys.exit({leaving.code!r}) instead of returning its metrics")
    except Exception as error:
        traceback.print_exception(type(error), error, _theirs(error.__traceback__), file=sys.stderr)
        return failure(_kind(error), f"{type(error).__name__}: {error}"[:1000])
    return {"state": "complete", "metrics": dict(measured.metrics)}


def failure(kind: FailureKind, reason: str, state: str = "failed") -> Result:
    """Return the result of a trial that has failed, or is lost."""
    return {"state": state, "metrics": {}, "failure": {"kind": kind, "reason": reason}}


def settle(future: Future[Measurement], result: Mapping[str, Any]) -> None:
    """Give a future what a result says: a measurement, `TrialPruned`, `TrialFailed` or `TrialLost`."""
    spent = {"seconds": result.get("seconds"), "peak_memory_bytes": result.get("peak_memory_bytes")}
    state = result["state"]
    if state == "complete":
        future.set_result(Measurement(metrics=result["metrics"], **spent))
    elif state == "pruned":
        future.set_exception(TrialPruned("the trial was not worth finishing."))
    else:
        error = TrialLost if state == "lost" else TrialFailed
        future.set_exception(error(Failure(**{**result["failure"], **spent})))


def _kind(error: Exception) -> FailureKind:
    """Tell a want of memory (of a GPU, too) from other exceptions: the search can learn from it."""
    name = type(error).__name__
    if isinstance(error, MemoryError) or name == "OutOfMemoryError":
        return "memory"
    told = isinstance(error, RuntimeError) and any(sign in str(error) for sign in _OUT_OF_MEMORY)
    return "memory" if told else "exception"


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """Leave out our own frames, which tell the user nothing."""
    own = trace
    while own is not None and own.tb_frame.f_code.co_filename.startswith(_OURS):
        own = own.tb_next
    return own or trace
