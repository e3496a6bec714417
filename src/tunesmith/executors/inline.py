"""Trials in the study's own process, one after another."""

from __future__ import annotations

import contextlib
import io
import logging
import resource
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from ..core.trial import Measurement, TrialRequest
from ..tasks.base import Task
from ..trial_folder.log import BoundedLog, read_tail
from ..trial_folder.prepare import LOG_FILE, prepare, write_environment
from ._evaluation import evaluate, failure, settle
from .base import Capabilities, OnReport
from .process.leftovers import write_result

logger = logging.getLogger(__name__)


class _LogStream(io.TextIOBase):
    """What `print` writes to while a trial runs: text and, as `buffer`, bytes, both into the trial's log."""

    encoding = "utf-8"

    def __init__(self, log: BoundedLog) -> None:
        self._log = log
        self.buffer = _LogBytes(log)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._log.write(text.encode(errors="backslashreplace"))
        return len(text)


class _LogBytes(io.RawIOBase):
    def __init__(self, log: BoundedLog) -> None:
        self._log = log

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._log.write(bytes(data))
        return len(data)


@dataclass
class _Ear:
    """Who hears the reports."""

    on_report: OnReport | None = None


@dataclass(frozen=True, kw_only=True)
class InlineExecutor:
    """Runs each trial at once, in this process: quick, easy to debug, and at the mercy of what the trial does.

    Nothing can stop a trial from outside, and no limit of time or memory holds. What it prints goes to its log.

    >>> InlineExecutor().capabilities
    Capabilities(slots=1, stops=False)
    """

    _ear: _Ear = field(default_factory=_Ear, init=False, repr=False, compare=False)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(slots=1, stops=False)

    def open(self, on_report: OnReport) -> None:
        """Get ready; `on_report` is called from within `submit`, and may raise `TrialPruned`."""
        self._ear.on_report = on_report

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        """Run one trial to its end.

        Returns:
            A settled future; see `Executor.submit`.

        Raises:
            RuntimeError: It is not open.
            KeyboardInterrupt: Ctrl-C was pressed. The trial has no result.
        """
        hear = self._ear.on_report
        if hear is None:
            raise RuntimeError("an executor must be opened before trials are submitted.")
        future: Future[Measurement] = Future()
        future.set_running_or_notify_cancel()
        settle(future, _run(task, request, hear))
        return future

    def stop(self, number: int) -> None:
        """Do nothing: while a trial runs here, nobody is there to ask."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _run(task: Task, request: TrialRequest, hear: OnReport) -> dict[str, Any]:
    reports = 0

    def report(step: int, metrics: Mapping[str, float]) -> None:
        nonlocal reports
        reports += 1
        hear(request.number, request.attempt, step, metrics)

    log = BoundedLog(request.folder / LOG_FILE)
    started = time.perf_counter()
    try:
        log.write(prepare(request))
        write_environment(task, request, {})
    except OSError as error:
        result = failure("setup", f"the trial's folder could not be made ready: {error}")
    else:
        stream = _LogStream(log)
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            result = evaluate(task, request, report)
    finally:
        log.close()
    result = {"attempt": request.attempt, "metrics": {}, "failure": None, **result, "reports": reports}
    result |= {"seconds": time.perf_counter() - started, "peak_memory_bytes": _peak_memory_bytes()}
    if result["failure"] is not None:
        result["failure"] = {**result["failure"], "log_tail": read_tail(log.path)}
    try:
        write_result(request.folder, result)
    except OSError as error:
        logger.warning("the result of trial %d could not be written: %s", request.number, error)
    return result


def _peak_memory_bytes() -> int:
    """Return the most memory that this process has held so far: an upper bound of what the trial did."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
