"""The worker's supervision of one trial's process: its output, messages, limits and end."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from ...core.trial import Reporter, TrialRequest
from ...execution.evaluation import failed, finish, not_started
from ...execution.leftovers import sweep_worker
from ...tasks.base import Task
from ...text.wording import size
from ...trial_folder.exit_status import exit_failure
from ...trial_folder.log import BoundedLog
from ...trial_folder.names import LOG_FILE
from ...trial_folder.prepare import prepare
from ...trial_folder.result import Result
from ...trial_folder.stop import request_stop
from .child import run_child
from .memory import resident_bytes
from .messages import LineReader, StopReason, parse

_FIRST_CHECK_SECONDS = 0.05
_CHECK_SECONDS = (0.1, 0.5)
_ENDING_SECONDS = 0.0005
_OUTPUT_CHUNK_BYTES = 1 << 18


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """Options of a worker, the same for all its trials.

    Args:
        token: The worker's value of `WORKER_VARIABLE`.
        grace_seconds: How long a trial may take to end after it was asked to.
        log_bytes: The largest log.
        adopts: Whether orphans become children of the worker; otherwise they are found by their environment.
        variables: Environment variables that the executor has set.
    """

    token: str
    grace_seconds: float
    log_bytes: int
    adopts: bool
    variables: Mapping[str, str]


class TrialProcess:
    """Runs one trial in a process of its own and ends every process that the trial started.

    Args:
        request: The trial.
        options: The worker's options.
        on_report: Called with a step and metrics at every report.
        on_load: Called with the seconds that loading the task took, once it is loaded.
    """

    def __init__(
        self, request: TrialRequest, options: WorkerOptions, on_report: Reporter, on_load: Callable[[float], None]
    ) -> None:
        self._request = request
        self._options = options
        self._on_report = on_report
        self._on_load = on_load
        self._log = BoundedLog(request.folder / LOG_FILE, options.log_bytes)
        self._pid = 0
        self._wait_status = 0
        self._result: Result | None = None
        self._cause: StopReason | Literal["timeout", "memory"] | None = None
        self._reports = 0
        self._peak_bytes = 0
        self._deadline: float | None = None
        self._terminate_at: float | None = None
        self._kill_at: float | None = None
        self._check_at = 0.0

    def run(
        self,
        load: Callable[[], Task],
        control: LineReader,
        *,
        early: Iterable[Mapping[str, Any]],
        printed: bytes,
        close: tuple[int, ...],
    ) -> Result:
        """Run the trial to its end.

        Args:
            load: Returns the task, in the trial's process.
            control: Messages of the study: `{"stop": StopReason}`.
            early: Messages that have already arrived.
            printed: Output of loading the task, for the log.
            close: The worker's own file descriptors, to be closed in the trial.

        Returns:
            The result, which is also in the trial's folder if that can be written.

        Raises:
            EOFError: The study is gone; the trial was killed.
        """
        started = time.monotonic()
        try:
            self._log.write(prepare(self._request) + printed)
            for message in early:
                self._on_control(message)
            self._supervise(load, control, close, started)
        except OSError as error:
            self._result = not_started(error, "the trial's folder or process could not be prepared")
        finally:
            if self._pid:
                self._kill_all()
            self._log.close()
        return finish(
            self._request,
            self._conclusion(),
            seconds=time.monotonic() - started,
            peak_memory_bytes=self._peak_bytes or None,
            reports=self._reports,
        )

    # -- while it runs ---------------------------------------------------------------------------------------------

    def _supervise(self, load: Callable[[], Task], control: LineReader, close: tuple[int, ...], started: float) -> None:
        output, output_end = os.pipe()
        messages, messages_end = os.pipe()
        try:
            sys.stdout.flush()
            self._pid = os.fork()
            if self._pid == 0:
                try:
                    run_child(
                        load,
                        self._request,
                        self._options.variables,
                        output=output_end,
                        messages=messages_end,
                        close=(output, messages, *close),
                    )
                finally:
                    os._exit(1)  # never return into the worker's code
        finally:
            os.close(output_end)
            os.close(messages_end)
        os.set_blocking(output, False)
        os.set_blocking(messages, False)
        timeout = self._request.timeout_seconds
        self._deadline = None if timeout is None else started + timeout
        self._check_at = started + _FIRST_CHECK_SECONDS
        reader = LineReader(messages)
        try:
            with selectors.DefaultSelector() as selector:
                self._serve_pipes(selector, output, reader, control)
            self._kill_all()
            while not reader.ended and (lines := reader.read()):
                self._on_messages(lines)
            while self._copy_output(output):
                pass
        finally:
            os.close(output)
            os.close(messages)

    def _serve_pipes(
        self, selector: selectors.BaseSelector, output: int, reader: LineReader, control: LineReader
    ) -> None:
        """Serve the pipes and enforce the limits until the process has ended."""
        for descriptor in (output, reader.descriptor, control.descriptor):
            selector.register(descriptor, selectors.EVENT_READ)
        while not self._has_ended():
            ending = self._result is not None or reader.ended
            for key, _ in selector.select(_ENDING_SECONDS if ending else self._seconds_until_due()):
                if key.fd == output:
                    if self._copy_output(output) is None:
                        selector.unregister(output)
                elif key.fd == control.descriptor:
                    for line in control.read():
                        self._on_control(parse(line))
                    if control.ended:
                        raise EOFError("the study is gone")
                else:
                    self._on_messages(reader.read())
                    if reader.ended:
                        selector.unregister(reader.descriptor)
            self._enforce_limits()

    def _copy_output(self, output: int) -> int | None:
        """Copy output to the log; returns the number of bytes, 0 if there is none yet, None at the end."""
        try:
            data = os.read(output, _OUTPUT_CHUNK_BYTES)
        except BlockingIOError:
            return 0
        self._log.write(data)
        return len(data) or None

    def _on_messages(self, lines: list[bytes]) -> None:
        for line in lines:
            message = parse(line)
            if "result" in message:
                self._result = message["result"] if self._result is None else self._result
            elif "loaded" in message:
                self._on_load(message["loaded"])
            elif "step" in message:
                self._reports += 1
                self._on_report(message["step"], message["metrics"])

    def _on_control(self, message: Mapping[str, Any]) -> None:
        reason = message.get("stop")
        now = time.monotonic()
        if reason == "pruned" and self._cause is None:
            self._cause = "pruned"
            self._terminate_at = now + self._options.grace_seconds
            try:
                request_stop(self._request.folder)
            except OSError:
                self._terminate_at = now
        elif reason == "study ended" and self._cause != "study ended":
            self._cause = "study ended"
            self._terminate_at = now

    def _seconds_until_due(self) -> float:
        """Return the seconds until the next limit or check."""
        due = [self._check_at, self._terminate_at, self._kill_at, None if self._cause else self._deadline]
        return max(0.0, min(moment for moment in due if moment is not None) - time.monotonic())

    def _enforce_limits(self) -> None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline and self._cause is None and self._result is None:
            self._cause = "timeout"
            self._terminate_at = now
        if self._terminate_at is not None and now >= self._terminate_at:
            self._terminate_at = None
            self._kill_at = now + self._options.grace_seconds
            self._signal(signal.SIGTERM)
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = now + 1.0
            self._signal(signal.SIGKILL)
        if now >= self._check_at:
            self._check_memory(now)

    def _check_memory(self, now: float) -> None:
        """Measure the memory of the trial's processes, and kill them if they hold too much."""
        limit = self._request.memory_bytes
        held = resident_bytes(psutil.Process().children(recursive=True), limit)
        self._peak_bytes = max(self._peak_bytes, held)
        if limit is not None and held > limit and self._result is None:
            self._cause = "memory"
            self._signal(signal.SIGKILL)
        spent = time.monotonic() - now  # the check of many processes is slow: spend at most 5 % of the time on it
        self._check_at = now + min(max(_CHECK_SECONDS[0], 20 * spent), _CHECK_SECONDS[1])

    # -- its end ---------------------------------------------------------------------------------------------------

    def _has_ended(self) -> bool:
        pid, status, usage = os.wait4(self._pid, os.WNOHANG)
        if pid == 0:
            return False
        unit = 1 if sys.platform == "darwin" else 1024
        self._peak_bytes = max(self._peak_bytes, usage.ru_maxrss * unit)
        self._pid, self._wait_status = 0, status
        return True

    def _conclusion(self) -> Result:
        """Decide how the trial ended: from its own result, from what the worker did to it, or from its exit status."""
        if self._cause == "timeout":
            return failed("timeout", f"it ran longer than the limit of {self._request.timeout_seconds:g} seconds")
        if self._cause == "memory":
            held, limit = size(self._peak_bytes), size(self._request.memory_bytes)
            return failed("memory", f"it held {held} of memory; the limit is {limit}")
        if self._result is not None and (self._cause is None or self._result["state"] in ("complete", "pruned")):
            return self._result
        if self._cause == "pruned":
            return {"state": "pruned"}
        if self._cause == "study ended":
            return failed("lost", "it was stopped because the study ended")
        failure = exit_failure(os.waitstatus_to_exitcode(self._wait_status), "its process")
        return failed(failure.kind, failure.reason)

    def _kill_all(self) -> None:
        """Kill and reap every process that the trial has left running."""
        for _ in range(500):
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                break
            self._signal(signal.SIGKILL)
            time.sleep(0.002)
        if not self._options.adopts:
            sweep_worker(self._options.token)

    def _signal(self, number: signal.Signals) -> None:
        for process in psutil.Process().children(recursive=True):
            try:
                process.send_signal(number)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue  # it has ended, or runs under another user by now (sudo)
