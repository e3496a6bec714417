"""The study's side of one worker: what it is told, and what it answers."""

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

from ...core.trial import Measurement, TrialRequest
from ...llm.environment import trial_environment
from .._evaluation import failure, settle
from ..base import OnReport
from .leftovers import TRIAL_VARIABLE, WORKER_VARIABLE, read_result, sweep_worker
from .messages import parsed, send

logger = logging.getLogger(__name__)

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
    "from tunesmith.executors.process.worker import main; main()"
)
_CLOSE_SECONDS = 5.0


@dataclass
class _Running:
    """The trial that a slot is busy with."""

    request: TrialRequest
    future: Future[Measurement] = field(default_factory=Future)
    fault: BaseException | None = None


class Slot:
    """A place for one trial at a time, with a worker that is started when first needed and replaced when it dies.

    Args:
        variables: What to set in the environment of its trials.
        settings: `grace_seconds`, `log_bytes` and `preload`, for the worker.
        on_report: Hears every report, before the trial's future settles.
    """

    def __init__(self, variables: Mapping[str, str], settings: Mapping[str, Any], on_report: OnReport) -> None:
        self._variables = dict(variables)
        self._settings = dict(settings)
        self._on_report = on_report
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._running: _Running | None = None
        self._told: bytes | None = None

    @property
    def trial(self) -> int | None:
        """The number of the trial that runs here, or None."""
        running = self._running
        return None if running is None else running.request.number

    @property
    def has_worker(self) -> bool:
        """Whether a worker stands ready."""
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
                    self._say(pickled, running)
                break
            except OSError as error:
                # The worker died while it had nothing to do. Once its listener has seen that, a new one can start.
                if self._listener is not None:
                    self._listener.join()
                if last:
                    settle(running.future, failure("setup", f"no process could be started for the trial: {error}"))
        return running.future

    def stop(self, how: str, number: int | None = None) -> None:
        """Ask the trial that runs here to stop.

        Args:
            how: `"kindly"`, or `"now"`.
            number: Only if it is this trial.
        """
        with self._lock, contextlib.suppress(OSError):  # where the worker has just died, its listener settles the trial
            running, worker = self._running, self._worker
            if running is None or worker is None or worker.stdin is None:
                return
            if number in (None, running.request.number):
                send(worker.stdin.fileno(), {"stop": how})

    def close(self, seconds: float) -> None:
        """Let the running trial end for so many seconds, then end it; return when the worker has gone."""
        running, worker, listener = self._running, self._worker, self._listener
        try:
            if running is not None:
                wait([running.future], timeout=seconds)
        finally:
            if worker is not None and worker.stdin is not None:
                worker.stdin.close()  # which tells the worker to kill what it runs, and to end
            if listener is not None:
                listener.join(_CLOSE_SECONDS)
                if listener.is_alive() and worker is not None:
                    worker.kill()
                    listener.join()

    def _say(self, pickled: bytes, running: _Running) -> None:
        if self._worker is None:
            self._start(running.request)
        assert self._worker is not None
        assert self._worker.stdin is not None
        descriptor = self._worker.stdin.fileno()
        if self._told != pickled:
            send(descriptor, {"task": base64.b64encode(pickled).decode()})
            self._told = pickled
        self._running = running
        try:
            told = {key: str(v) if isinstance(v, Path) else v for key, v in asdict(running.request).items()}
            send(descriptor, {"run": told})
        except OSError:
            self._running = None
            raise

    def _start(self, request: TrialRequest) -> None:
        token = f"{os.getpid()}-{secrets.token_hex(8)}"
        marks = {WORKER_VARIABLE: token, TRIAL_VARIABLE: str(request.folder.parent)}
        settings = {**self._settings, "token": token, "variables": self._variables}
        errors = tempfile.TemporaryFile()  # noqa: SIM115  (the listener closes it)
        try:
            self._worker = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(settings), json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**trial_environment(), **self._variables, **marks},
                start_new_session=True,
            )
        except BaseException:
            errors.close()
            raise
        self._told = None
        self._listener = threading.Thread(
            target=self._listen, args=(self._worker, token, errors), name="tunesmith-slot", daemon=True
        )
        self._listener.start()

    # -- in the listener's thread ----------------------------------------------------------------------------------

    def _listen(self, worker: subprocess.Popen[bytes], token: str, errors: Any) -> None:
        assert worker.stdout is not None
        with worker.stdout, errors:
            for line in worker.stdout:
                message = parsed(line)
                if "step" in message:
                    self._report(message["step"], message["metrics"])
                elif "done" in message:
                    self._finish(message["done"])
            self._bury(worker, token, errors)

    def _report(self, step: int, metrics: Mapping[str, float]) -> None:
        running = self._running
        if running is None or running.fault is not None:
            return
        try:
            self._on_report(running.request.number, running.request.attempt, step, metrics)
        except BaseException as fault:
            # A mistake in whoever listens. It shall come out where the trial's result is asked for.
            running.fault = fault
            self.stop("now")

    def _finish(self, result: Mapping[str, Any]) -> None:
        with self._lock:
            running, self._running = self._running, None  # free before the study hears of it and fills it again
        if running is None:
            return
        if running.fault is not None:
            running.future.set_exception(running.fault)
        else:
            settle(running.future, result)

    def _bury(self, worker: subprocess.Popen[bytes], token: str, errors: Any) -> None:
        """See a worker off: leave nothing of it, and settle the trial that it took along."""
        try:
            status = worker.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            status = worker.wait()
        with self._lock:
            running = self._running
            if self._worker is worker:
                self._worker = None
            if worker.stdin is not None:
                worker.stdin.close()
        if running is not None or status != 0:
            sweep_worker(token)
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            logger.warning("a worker ended with status %d. %s", status, said[-2000:])
        if running is not None:
            found = read_result(running.request.folder, running.request.attempt)
            lost = failure("lost", f"the process that watched over it ended with status {status}", "lost")
            self._finish(found or lost)
