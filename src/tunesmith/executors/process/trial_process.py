"""A worker's watch over the process of one trial: its output, its messages, its limits, its end."""

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

from ...core.trial import TrialRequest
from ...tasks.base import Task
from ...trial_folder.log import BoundedLog, read_tail
from ...trial_folder.prepare import LOG_FILE, STOP_FILE, prepare
from .._evaluation import Result, failure
from .child import run_child
from .leftovers import sweep_worker, write_result
from .memory import held_bytes
from .messages import LineReader, parsed

_FIRST_LOOK_SECONDS = 0.05
_ENDING_SECONDS = 0.0005
_LOOK_SECONDS = (0.1, 0.5)
_OUTPUT_CHUNK_BYTES = 1 << 18
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

Cause = Literal["timeout", "memory", "stop", "leave"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds for every trial of a worker.

    Args:
        token: The worker's mark, see `WORKER_VARIABLE`.
        grace_seconds: How long a trial may take to end after being asked.
        log_bytes: The largest log.
        adopts: Whether orphans become children of the worker; else they are found by their environment.
        variables: What the executor set in the environment.
    """

    token: str
    grace_seconds: float
    log_bytes: int
    adopts: bool
    variables: Mapping[str, str]


class TrialProcess:
    """Runs one trial in a process of its own, and sees that nothing of it is left.

    Args:
        request: The trial.
        terms: What holds for every trial.
        tell: Called with a step and metrics at every report.
        loaded: Called with the seconds that loading the task took, once it is loaded.
    """

    def __init__(
        self,
        request: TrialRequest,
        terms: Terms,
        tell: Callable[[int, Mapping[str, float]], None],
        loaded: Callable[[float], None],
    ) -> None:
        self._request = request
        self._terms = terms
        self._tell = tell
        self._loaded = loaded
        self._log = BoundedLog(request.folder / LOG_FILE, terms.log_bytes)
        self._pid = 0
        self._result: Result | None = None
        self._cause: Cause | None = None
        self._status = 0
        self._reports = 0
        self._peak = 0
        self._deadline: float | None = None
        self._terminate_at: float | None = None
        self._kill_at: float | None = None
        self._look_at = 0.0

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
            load: Gives the task, in the trial's process.
            control: Messages of the study: `{"stop": "kindly" | "now"}`.
            early: Those that have come already.
            printed: What loading the task has printed, for the log.
            close: The worker's own file descriptors, to be closed in the trial.

        Returns:
            The result, which stands in the trial's folder too, as far as that can be written.

        Raises:
            EOFError: The study has gone; the trial has been killed.
        """
        started = time.monotonic()
        try:
            self._log.write(prepare(self._request) + printed)
            for message in early:
                self._obey(message)
            self._watch(load, control, close, started)
        except OSError as error:
            self._result = failure("setup", f"the trial's folder or process could not be made ready: {error}")
        finally:
            if self._pid:
                self._kill_rest()
            self._log.close()
        return self._settled(time.monotonic() - started)

    # -- while it runs ---------------------------------------------------------------------------------------------

    def _watch(self, load: Callable[[], Task], control: LineReader, close: tuple[int, ...], started: float) -> None:
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
                        self._terms.variables,
                        output=output_end,
                        messages=messages_end,
                        close=(output, messages, *close),
                    )
                finally:
                    os._exit(1)  # whatever happens there, a second worker must not come of it
        finally:
            os.close(output_end)
            os.close(messages_end)
        os.set_blocking(output, False)
        os.set_blocking(messages, False)
        timeout = self._request.timeout_seconds
        self._deadline = None if timeout is None else started + timeout
        self._look_at = started + _FIRST_LOOK_SECONDS
        reader = LineReader(messages)
        try:
            with selectors.DefaultSelector() as selector:
                self._follow(selector, output, reader, control)
            self._kill_rest()
            while not reader.ended and (lines := reader.read()):
                self._hear(lines)
            while self._pump(output):
                pass
        finally:
            os.close(output)
            os.close(messages)

    def _follow(self, selector: selectors.BaseSelector, output: int, reader: LineReader, control: LineReader) -> None:
        """Serve the pipes and the limits until the process has ended."""
        for descriptor in (output, reader.descriptor, control.descriptor):
            selector.register(descriptor, selectors.EVENT_READ)
        while not self._has_ended():
            ending = self._result is not None or reader.ended
            for key, _ in selector.select(_ENDING_SECONDS if ending else self._pause()):
                if key.fd == output:
                    if self._pump(output) is None:
                        selector.unregister(output)
                elif key.fd == control.descriptor:
                    for line in control.read():
                        self._obey(parsed(line))
                    if control.ended:
                        raise EOFError("the study has gone")
                else:
                    self._hear(reader.read())
                    if reader.ended:
                        selector.unregister(reader.descriptor)
            self._enforce()

    def _pump(self, output: int) -> int | None:
        """Pass on what the trial has printed; returns how much, 0 for nothing now, None at the end."""
        try:
            data = os.read(output, _OUTPUT_CHUNK_BYTES)
        except BlockingIOError:
            return 0
        self._log.write(data)
        return len(data) or None

    def _hear(self, lines: list[bytes]) -> None:
        for line in lines:
            message = parsed(line)
            if "result" in message:
                self._result = message["result"] if self._result is None else self._result
            elif "loaded" in message:
                self._loaded(message["loaded"])
            elif "step" in message:
                self._reports += 1
                self._tell(message["step"], message["metrics"])

    def _obey(self, message: Mapping[str, Any]) -> None:
        how = message.get("stop")
        now = time.monotonic()
        if how == "kindly" and self._cause is None:
            self._cause = "stop"
            self._terminate_at = now + self._terms.grace_seconds
            try:
                (self._request.folder / STOP_FILE).touch()
            except OSError:
                self._terminate_at = now
        elif how == "now" and self._cause != "leave":
            self._cause = "leave"
            self._terminate_at = now

    def _pause(self) -> float:
        """Return the seconds until something is due."""
        due = [self._look_at, self._terminate_at, self._kill_at, None if self._cause else self._deadline]
        return max(0.0, min(moment for moment in due if moment is not None) - time.monotonic())

    def _enforce(self) -> None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline and self._cause is None and self._result is None:
            self._cause = "timeout"
            self._terminate_at = now
        if self._terminate_at is not None and now >= self._terminate_at:
            self._terminate_at = None
            self._kill_at = now + self._terms.grace_seconds
            self._signal(signal.SIGTERM)
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = now + 1.0
            self._signal(signal.SIGKILL)
        if now >= self._look_at:
            self._look(now)

    def _look(self, now: float) -> None:
        """See how much memory the trial's processes hold, and end it where that is too much."""
        limit = self._request.memory_bytes
        held = held_bytes(psutil.Process().children(recursive=True), limit)
        self._peak = max(self._peak, held)
        if limit is not None and held > limit and self._result is None:
            self._cause = "memory"
            self._signal(signal.SIGKILL)
        spent = time.monotonic() - now
        self._look_at = now + min(max(_LOOK_SECONDS[0], 20 * spent), _LOOK_SECONDS[1])

    # -- its end ---------------------------------------------------------------------------------------------------

    def _has_ended(self) -> bool:
        pid, status, usage = os.wait4(self._pid, os.WNOHANG)
        if pid == 0:
            return False
        unit = 1 if sys.platform == "darwin" else 1024
        self._peak = max(self._peak, usage.ru_maxrss * unit)
        self._pid, self._status = 0, status
        return True

    def _settled(self, seconds: float) -> Result:
        """Return the whole result, and write it into the trial's folder."""
        result: dict[str, Any] = {"attempt": self._request.attempt, "metrics": {}, "failure": None, **self._verdict()}
        result |= {"seconds": seconds, "peak_memory_bytes": self._peak or None, "reports": self._reports}
        if result["failure"] is not None:
            result["failure"] = {**result["failure"], "log_tail": read_tail(self._log.path)}
        try:
            write_result(self._request.folder, result)
        except OSError as error:
            print(f"trial {self._request.number}: its result could not be written: {error}", file=sys.stderr)
        return result

    def _verdict(self) -> Result:
        """Weigh what the trial said at last, what we did to it, and how its process ended."""
        said = self._result
        if self._cause == "timeout":
            return failure("timeout", f"it ran longer than the limit of {self._request.timeout_seconds:g} seconds")
        if self._cause == "memory":
            limit = (self._request.memory_bytes or 0) / 1e9
            return failure("memory", f"it held {self._peak / 1e9:.2f} GB of memory; the limit is {limit:.2f} GB")
        if said is not None and (said["state"] in ("complete", "pruned") or self._cause is None):
            return said
        if self._cause == "stop":
            return {"state": "pruned"}
        if self._cause == "leave":
            return failure("lost", "it was stopped because the study was", "lost")
        if not os.WIFSIGNALED(self._status):
            return failure("exit", f"its process ended with exit status {os.WEXITSTATUS(self._status)} and no result")
        number = os.WTERMSIG(self._status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        if number in _FROM_OUTSIDE:
            hint = "; Linux does so where memory runs out" if number == signal.SIGKILL else ""
            return failure("lost", f"it was killed from outside by {name}{hint}", "lost")
        return failure("exit", f"it crashed with {name}")

    def _kill_rest(self) -> None:
        """Kill all that the trial has left running, and reap it."""
        for _ in range(500):
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                break
            self._signal(signal.SIGKILL)
            time.sleep(0.002)
        if not self._terms.adopts:
            sweep_worker(self._terms.token)

    def _signal(self, number: signal.Signals) -> None:
        for process in psutil.Process().children(recursive=True):
            try:
                process.send_signal(number)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue  # gone, or under another user's name by now (sudo): out of our reach
