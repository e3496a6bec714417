"""The tasks of a Globus Compute endpoint: sent in batches, and asked for until they have ended."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from .. import __version__
from ..errors import InputError, MissingExtra, message_of
from ._remote.endpoint import MOST_BYTES, run_trial

logger = logging.getLogger(__name__)

_BATCH_TASKS = 100
_ASK_TASKS = 30
"""Results come with the answer, and each may be 10 MiB."""
_ASK_SECONDS = 1.0
"""The service allows two requests a second."""
_AGAIN_SECONDS = (5.0, 15.0, 30.0, 60.0)
_GATHER_SECONDS = 0.1
"""Trials that are submitted together travel together."""
_STATUS_SECONDS = 60.0
_MOST_UNKNOWN = 5
_CLOSING_SECONDS = 5.0
"""How long the end of a session waits for a request that has no answer yet."""
_JSON = "globus_compute_sdk.serialize.JSONData"


class ServiceRefused(Exception):
    """The service does not take what was asked, and would not if it were asked again."""


class TaskFailed(Exception):
    """A task has failed on the endpoint, before or after the trial itself."""


@dataclass(eq=False)
class _Task:
    payload: str
    on_sent: Callable[[str], None]
    future: Future[str] = field(default_factory=Future)
    id: str = ""
    unknown: int = 0


class Endpoint:
    """An endpoint of Globus Compute, with the tasks that were sent to it by this object.

    It asks the web service for tasks by their ids, once in a while for all of them. The executor of the SDK has them
    sent over AMQP instead; but it gives all tasks up when the connection is lost, and a laptop loses its connections.
    Results are read as JSON and never unpickled.

    Args:
        id: The endpoint's id.
        poll_seconds: The time between two questions for results.
        config: What the endpoint's template wants to know of its user, such as the account to charge.

    Raises:
        InputError: There is no login, the service does not know the endpoint, or nobody has started it.
        MissingExtra: The SDK of Globus Compute is not installed.
    """

    def __init__(self, id: str, *, poll_seconds: float, config: Mapping[str, Any] | None = None) -> None:
        self.id = id
        self._poll_seconds = poll_seconds
        self._config = dict(config) if config else None
        self._sdk = _Sdk()
        self._function = ""
        self._waiting: list[_Task] = []
        self._sent: dict[str, _Task] = {}
        self._lock = threading.Lock()
        self._wakes = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._is_online = True
        self._asked_status = time.monotonic()
        self._check()

    def send(self, payload: str, on_sent: Callable[[str], None]) -> Future[str]:
        """Send a task, together with others that wait.

        Args:
            payload: A packed trial.
            on_sent: Called with the task's id, before the future settles.

        Returns:
            A future of what the task returned. It can be cancelled until the task is sent, and raises `ServiceRefused`
            or `TaskFailed`.

        Raises:
            ServiceRefused: The payload is larger than the service allows.
        """
        if len(payload) > MOST_BYTES:
            raise ServiceRefused(
                f"the task takes {len(payload) / 1e6:.1f} MB, and Globus Compute lets {MOST_BYTES / 1e6:g} MB pass. "
                "Put data and large files where the endpoint's workers see them, and leave them out here with exclude"
            )
        task = _Task(payload, on_sent)
        with self._lock:
            self._waiting.append(task)
        self._start()
        return task.future

    def follow(self, id: str) -> Future[str]:
        """Return the future of a task that an earlier session has sent."""
        task = _Task("", lambda id: None, id=id)
        task.future.set_running_or_notify_cancel()
        with self._lock:
            self._sent[id] = task
        self._start()
        return task.future

    def close(self) -> None:
        """Stop asking. Tasks that were sent go on, others are withdrawn."""
        with self._lock:
            self._closing = True
            waiting, self._waiting = self._waiting, []
        for task in waiting:
            task.future.cancel()
        self._wakes.set()
        if self._thread is not None:
            self._thread.join(_CLOSING_SECONDS)

    def _check(self) -> None:
        try:
            self._function = self._sdk.register(run_trial)
            status = self._sdk.v2.get_endpoint_status(self.id).data
        except Exception as error:
            problem = self._problem(error)
            raise InputError(f"Globus Compute cannot be used: {problem}.", keys=("endpoint",)) from None
        if status.get("status") == "offline":
            raise InputError(
                f"the endpoint {self.id} is offline. Start it where it lives: globus-compute-endpoint start NAME.",
                keys=("endpoint",),
            )

    # -- in a thread -----------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._wakes.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="tunesmith-globus", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        """Send tasks and ask for those that were sent, until it is closed."""
        asked, failures = -math.inf, 0
        while not self._closing:
            self._wakes.clear()
            try:
                self._send_waiting()
                if time.monotonic() - asked >= self._poll_seconds:
                    self._ask()
                    self._ask_status()
                    asked = time.monotonic()
                failures = 0
                pause = asked + self._poll_seconds - time.monotonic()
            except _Temporary as error:
                pause = _AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS) - 1)]
                failures += 1
                level = logging.WARNING if failures in (1, 4) else logging.INFO
                logger.log(level, "Globus Compute does not answer (%s); trials go on, and tunesmith tries again", error)
            if self._wakes.wait(max(pause, 0.0)) and not self._closing:
                time.sleep(_GATHER_SECONDS)

    def _send_waiting(self) -> None:
        while batch := self._next_batch():
            try:
                ids = self._submit(batch)
            except _Temporary:
                with self._lock:
                    self._waiting[:0] = batch
                raise
            except Exception as error:
                for task in batch:
                    task.future.set_exception(ServiceRefused(self._problem(error)))
                continue
            for task, id in zip(batch, ids, strict=True):
                task.id, task.payload = id, ""
                task.on_sent(id)
                with self._lock:
                    self._sent[id] = task

    def _next_batch(self) -> list[_Task]:
        """Take tasks that wait: as many as one request may hold."""
        batch: list[_Task] = []
        size = 0
        with self._lock:
            while self._waiting and len(batch) < _BATCH_TASKS and not self._closing:
                task = self._waiting[0]
                size += len(task.payload)
                if batch and size > MOST_BYTES:
                    break
                self._waiting.pop(0)
                if task.future.running() or task.future.set_running_or_notify_cancel():
                    batch.append(task)
        return batch

    def _submit(self, batch: list[_Task]) -> list[str]:
        versions = f"tunesmith {__version__} with Python {platform.python_version().rpartition('.')[0]}"
        request = self._sdk.client.create_batch(user_endpoint_config=self._config, result_serializers=[_JSON])
        for task in batch:
            request.add(self._function, (task.payload, versions))
        with self._retried():
            answer = self._sdk.v3.submit(self.id, request.prepare())
        return [str(id) for id in answer["tasks"][self._function]]

    def _ask(self) -> None:
        with self._lock:
            ids = list(self._sent)
        for first in range(0, len(ids), _ASK_TASKS):
            if first:
                time.sleep(_ASK_SECONDS)
            if self._closing:
                return
            some = ids[first : first + _ASK_TASKS]
            with self._retried():
                answers = self._sdk.v2.get_task_batch(some).data["results"]
            for id in some:
                self._hear(self._sent[id], answers.get(id) or {})

    def _hear(self, task: _Task, answer: Mapping[str, Any]) -> None:
        """Settle a task if it has ended."""
        status = str(answer.get("status", "")).lower()
        task.unknown = 0 if answer else task.unknown + 1
        if status not in ("success", "failed") and task.unknown < _MOST_UNKNOWN:
            return
        with self._lock:
            del self._sent[task.id]
        try:
            if status == "success":
                task.future.set_result(_from_json(answer["result"]))
            elif status == "failed":
                task.future.set_exception(TaskFailed(_last_line(answer.get("exception") or answer.get("reason") or "")))
            else:
                task.future.set_exception(TaskFailed("Globus Compute does not know its task"))
        except (ValueError, KeyError) as error:
            task.future.set_exception(TaskFailed(f"what came back cannot be read: {message_of(error)}"))

    def _ask_status(self) -> None:
        """Say once that the endpoint has gone offline, or is back."""
        if time.monotonic() - self._asked_status < _STATUS_SECONDS or not self._sent:
            return
        self._asked_status = time.monotonic()
        with self._retried():
            is_online = self._sdk.v2.get_endpoint_status(self.id).data.get("status") != "offline"
        if is_online != self._is_online:
            self._is_online = is_online
            if is_online:
                logger.info("the endpoint %s is online again", self.id)
            else:
                logger.warning("the endpoint %s is offline; trials wait until somebody starts it", self.id)

    @contextlib.contextmanager
    def _retried(self) -> Iterator[None]:
        """Tell errors that pass from those that stay."""
        try:
            yield
        except self._sdk.network_error as error:
            raise _Temporary(message_of(error)) from error
        except self._sdk.service_error as error:
            if error.http_status >= 500 or error.http_status in (408, 429):
                raise _Temporary(self._problem(error)) from error
            raise

    def _problem(self, error: Exception) -> str:
        if not isinstance(error, self._sdk.service_error):
            return message_of(error)
        body = error.raw_json if isinstance(error.raw_json, dict) else {}
        said = body.get("reason") or error.message or error.code
        if error.http_status in (401, 403):
            return f"it does not accept this login ({said}); {_LOG_IN}"
        return f"{said} (HTTP {error.http_status})"


class _Temporary(Exception):
    """The service cannot be reached now."""


_LOG_IN = (
    'log in with: python -c "from globus_compute_sdk import Client; Client().app.login()", or set '
    "GLOBUS_COMPUTE_CLIENT_ID and GLOBUS_COMPUTE_CLIENT_SECRET"
)


class _Sdk:
    """The SDK of Globus Compute with the user's login.

    Its clients for the web service itself are used, not those that ask for a new login in the middle of a study.
    """

    def __init__(self) -> None:
        try:
            import globus_sdk
            from globus_compute_sdk import Client
            from globus_compute_sdk.sdk.client import FunctionRegistrationData
            from globus_compute_sdk.serialize import JSONData, PureSourceTextInspect
        except ImportError as error:
            raise MissingExtra(
                "executor 'globus' needs the SDK of Globus Compute: pip install 'tunesmith[globus]'. "
                f"({message_of(error)})",
                keys=("executor",),
            ) from error
        code, data = PureSourceTextInspect(), JSONData()  # type: ignore[no-untyped-call]
        try:
            self.client = Client(
                do_version_check=False, code_serialization_strategy=code, data_serialization_strategy=data
            )
            app = self.client.app
            needs_login = app is None or app.login_required()
        except Exception as error:
            raise InputError(f"Globus Compute cannot be used: {message_of(error)}. To use it, {_LOG_IN}.") from error
        if needs_login:
            raise InputError(f"there is no login for Globus Compute: {_LOG_IN}.", keys=("executor",))
        self.v2, self.v3 = globus_sdk.ComputeClientV2(app=app), globus_sdk.ComputeClientV3(app=app)
        for client in (self.v2, self.v3):
            client.retry_config.max_retries = 1  # `Endpoint` tries again itself, and says so.
        self.service_error, self.network_error = globus_sdk.GlobusAPIError, globus_sdk.NetworkError
        self._registration = FunctionRegistrationData

    def register(self, function: Callable[..., Any]) -> str:
        """Send the source of a function to the service; return the function's id there."""
        registration = self._registration(function=function, serializer=self.client.fx_serializer)
        answer = self.v3.register_function(registration.to_dict())  # type: ignore[no-untyped-call]
        return str(answer.data["function_uuid"])


def _from_json(serialized: str) -> str:
    """Return what a task returned, which must be text in JSON."""
    head, _, text = serialized.partition("\n")
    if head != "11":
        raise ValueError("it is not JSON")
    value = json.loads(text)
    if not isinstance(value, str):
        raise ValueError("it is not text")
    return value


def _last_line(trace: str) -> str:
    """Return the line of a traceback that tells the error."""
    lines = [line.strip() for line in trace.splitlines() if line.strip(" -+")]
    return lines[-1][:500] if lines else "the task has failed without a reason"
