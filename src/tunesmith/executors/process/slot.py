"""The study's side of one worker."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...core.trial import Measurement, OnReport, TrialRequest
from ...execution.evaluation import failed, not_started, settle
from ...execution.leftovers import KEPT, TRIAL_VARIABLE, WORKER_VARIABLE, sweep_worker
from ...llm.environment import trial_environment
from ...trial_folder.result import Result, read_result
from .messages import StopReason, parse, send

logger = logging.getLogger(__name__)

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
    "from tunesmith.executors.process.worker import main; main()"
)
_CLOSE_SECONDS = 5.0


@dataclass
class _Running:
    """The trial that occupies a slot."""

    request: TrialRequest
    future: Future[Measurement] = field(default_factory=Future)
    error: BaseException | None = None


class Slot:
    """Runs one trial at a time, in a worker that is started on first use and replaced when it dies.

    Args:
        variables: Environment variables to set for its trials.
        options: `grace_seconds`, `log_bytes` and `preload`, for the worker.
        on_report: Called for every report, before the trial's future settles.
    """

    def __init__(self, variables: Mapping[str, str], options: Mapping[str, Any], on_report: OnReport) -> None:
        self._variables = dict(variables)
        self._options = dict(options)
        self._on_report = on_report
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._running: _Running | None = None
        self._sent_task: bytes | None = None

    @property
    def trial(self) -> int | None:
        """The number of the running trial, or None."""
        running = self._running
        return None if running is None else running.request.number

    @property
    def has_worker(self) -> bool:
        """Whether a worker is ready."""
        return self._worker is not None

    def run(self, pickled: bytes, request: TrialRequest) -> Future[Measurement]:
        """Start a trial; the slot must be free.

        Args:
            pickled: The task, by cloudpickle.
            request: The trial.

        Returns:
            A future of its measurement.
        """
        running = _Running(request)
        running.future.set_running_or_notify_cancel()
        for last in (False, True):
            try:
                with self._lock:
                    self._send_trial(pickled, running)
                break
            except OSError as error:
                # The worker died while idle. A new one can start once the listener has noticed.
                if self._listener is not None:
                    self._listener.join()
                if last:
                    settle(running.future, not_started(error, "no process could be started for the trial"))
        return running.future

    def stop(self, reason: StopReason, number: int | None = None) -> None:
        """Ask the running trial to stop.

        Args:
            reason: See `StopReason`.
            number: If given, only this trial is stopped.
        """
        with self._lock, contextlib.suppress(OSError):  # if the worker has just died, its listener settles the trial
            running, worker = self._running, self._worker
            if running is None or worker is None or worker.stdin is None:
                return
            if number in (None, running.request.number):
                send(worker.stdin.fileno(), {"stop": reason})

    def close(self, seconds: float) -> None:
        """Wait for the running trial to end, kill it after `seconds`, and end the worker."""
        running, worker, listener = self._running, self._worker, self._listener
        try:
            if running is not None:
                wait([running.future], timeout=seconds)
        finally:
            if worker is not None and worker.stdin is not None:
                worker.stdin.close()  # the worker then kills its trial and exits
            if listener is not None:
                listener.join(_CLOSE_SECONDS)
                if listener.is_alive() and worker is not None:
                    worker.kill()
                    listener.join()

    def _send_trial(self, pickled: bytes, running: _Running) -> None:
        if self._worker is None:
            self._start_worker(running.request)
        assert self._worker is not None
        assert self._worker.stdin is not None
        descriptor = self._worker.stdin.fileno()
        if self._sent_task != pickled:
            send(descriptor, {"task": base64.b64encode(pickled).decode()})
            self._sent_task = pickled
        self._running = running
        try:
            fields = {key: str(v) if isinstance(v, Path) else v for key, v in asdict(running.request).items()}
            send(descriptor, {"run": fields})
        except OSError:
            self._running = None
            raise

    def _start_worker(self, request: TrialRequest) -> None:
        token = f"{os.getpid()}-{secrets.token_hex(8)}"
        marks = {WORKER_VARIABLE: token, TRIAL_VARIABLE: str(request.folder.parent), **KEPT}
        options = {**self._options, "token": token, "variables": self._variables}
        errors = tempfile.TemporaryFile()  # noqa: SIM115  (the listener closes it)
        try:
            self._worker = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(options), json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**trial_environment(), **self._variables, **marks},
                start_new_session=True,
            )
        except BaseException:
            errors.close()
            raise
        self._sent_task = None
        self._listener = threading.Thread(
            target=self._listen, args=(self._worker, token, errors), name="tunesmith-slot", daemon=True
        )
        self._listener.start()

    # -- in the listener's thread ----------------------------------------------------------------------------------

    def _listen(self, worker: subprocess.Popen[bytes], token: str, errors: Any) -> None:
        assert worker.stdout is not None
        with worker.stdout, errors:
            for line in worker.stdout:
                message = parse(line)
                if "step" in message:
                    self._forward_report(message["step"], message["metrics"])
                elif "done" in message:
                    self._settle(message["done"])
            self._reap(worker, token, errors)

    def _forward_report(self, step: int, metrics: Mapping[str, float]) -> None:
        running = self._running
        if running is None or running.error is not None:
            return
        try:
            self._on_report(running.request.number, running.request.attempt, step, metrics)
        except BaseException as error:
            # A bug in the callback. It is raised by the trial's future.
            running.error = error
            self.stop("study ended")

    def _settle(self, result: Any) -> None:
        with self._lock:
            running, self._running = self._running, None  # the slot is free before the study is told and fills it
        if running is None:
            return
        if running.error is not None:
            running.future.set_exception(running.error)
        else:
            settle(running.future, result)

    def _reap(self, worker: subprocess.Popen[bytes], token: str, errors: Any) -> None:
        """Clean up after a worker that has ended, and settle the trial that it was running."""
        try:
            status = worker.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            status = worker.wait()
        with self._lock:
            running = self._running
            if self._worker is worker:
                self._worker = None
            was_asked_to = worker.stdin is None or worker.stdin.closed
            if worker.stdin is not None:
                worker.stdin.close()
        if running is not None or status != 0:
            sweep_worker(token)
            errors.seek(0)
            stderr = errors.read().decode(errors="replace").strip()
            level = logging.DEBUG if was_asked_to and status == 0 else logging.WARNING
            logger.log(level, "a worker ended with status %d. %s", status, stderr[-2000:])
        if running is not None:
            result: Result | None = read_result(running.request.folder, running.request.attempt)
            self._settle(result or failed("lost", f"the worker that supervised it ended with status {status}"))
