"""Trials on an endpoint of Globus Compute."""

from __future__ import annotations

import concurrent.futures
import logging
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from ..core.schema import LONGEST_SECONDS, expect_range
from ..core.trial import Measurement, OnReport, TrialRequest
from ..errors import InputError
from ..execution.evaluation import failed
from ..execution.portable import PortableTask
from ..trial_folder.handed import note_handed, read_handed
from ..trial_folder.result import Result
from ._deployment import files_of
from ._globus import Endpoint, ServiceRefused, TaskFailed
from ._remote.endpoint import Code, Parcel, Refused, unpack_outcome
from .base import Capabilities
from .pool import PoolExecutor
from .process import ProcessExecutor

logger = logging.getLogger(__name__)

_MOST_CODE_BYTES = 50_000_000
"""Before compression; afterwards 10 MB may be left."""


@dataclass(frozen=True, kw_only=True)
class GlobusExecutor(PoolExecutor):
    """Runs trials on an endpoint of Globus Compute, each in a process of its own.

    The study runs here, and talks to the web service of Globus with the login of the SDK; no connection to the cluster
    is needed. The endpoint's workers need tunesmith of the same version, the same Python (as 3.11), and what the trials
    need. The folder of study.toml travels with every trial, as Globus Compute keeps no files; the trial's folder comes
    back with its result. Either may have at most 10 MB.

    Trials outlive the session: the next one asks for their results by their ids. What has been sent cannot be taken
    back: Globus Compute has no way to cancel it.

    Args:
        slots: The number of trials that are sent at once; as many as the endpoint has workers.
        endpoint: The endpoint's id, as `globus-compute-endpoint list` shows it.
        config: What the endpoint's template wants to know, such as `{"account": "my-project"}`.
        shared_folder: Whether the workers see the study's folder and that of study.toml. Nothing travels then, reports
            arrive while trials run, and trials can be stopped.
        exclude: Files and folders that are not sent, with `*` and `?`.
        leave: Files of a trial that are not brought back, such as `["*.pt"]`.
        poll_seconds: The time between two questions for results.

    >>> GlobusExecutor(slots=8, endpoint="4b116d3c-1703-4f8f-9f6f-39921e5864df").capabilities.outlives_session
    True
    """

    endpoint: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    shared_folder: bool = False
    isolated: bool = True
    exclude: Sequence[str] = ()
    leave: Sequence[str] = ()
    poll_seconds: float = 5.0
    _service: list[Endpoint] = field(default_factory=list, init=False, repr=False, compare=False)
    _code: dict[str, Code] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        expect_range(self, "poll_seconds", 0.1, LONGEST_SECONDS)
        try:
            uuid.UUID(self.endpoint)
        except ValueError:
            raise InputError(
                f"endpoint must be the id of an endpoint, as 4b116d3c-1703-4f8f-9f6f-39921e5864df, got "
                f"{self.endpoint!r}. `globus-compute-endpoint list` shows yours.",
                keys=("endpoint",),
            ) from None

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return replace(super().capabilities, outlives_session=True)

    @property
    def on_this_machine(self) -> bool:
        """Whether the workers run on this machine."""
        return False

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        """Check the login and the endpoint, and get ready; see `check`."""
        super().open(on_report, folder=folder)
        self._connection()

    def check(self) -> None:
        """Check the login and the endpoint.

        Raises:
            InputError: There is no login, or the endpoint is unknown or offline.
            MissingExtra: The SDK of Globus Compute is not installed.
        """
        self._connection()

    def recover(self, request: TrialRequest) -> Future[Measurement] | None:
        """Ask for the result of a trial that an earlier session has sent, or settle it from its folder."""
        recovered = super().recover(request)
        if recovered is not None:
            return recovered
        sent = read_handed(request.folder, request.attempt)
        if sent is None or sent.get("endpoint") != self.endpoint:
            return None
        logger.info("trial %d goes on as task %s", request.number, sent["task"])
        return self._follow_job(request, self._connection().follow(sent["task"]))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop asking; trials that were sent go on."""
        super().__exit__(kind, error, trace)
        while self._service:
            self._service.pop().close()
        with self._state.lock:
            self._state.running.clear()

    def make_pool(self) -> concurrent.futures.Executor:
        """Raise an error: the endpoint is no pool."""
        raise NotImplementedError

    def _connection(self) -> Endpoint:
        if not self._service:
            self._service.append(Endpoint(self.endpoint, poll_seconds=self.poll_seconds, config=self.config))
        return self._service[0]

    def _start(self, task: PortableTask, request: TrialRequest, files: dict[str, bytes] | None) -> Future[Any]:
        """Send a trial."""
        process = ProcessExecutor(threads_per_trial=self.threads, grace_seconds=self.grace_seconds)
        parcel = Parcel(task, request, self._code_of(task), files, process, tuple(self.leave))

        def note(id: str) -> None:
            to = f"the endpoint {self.endpoint}"
            try:
                request.folder.mkdir(parents=True, exist_ok=True)
                note_handed(request.folder, request.attempt, to, endpoint=self.endpoint, task=id)
            except OSError as error:
                logger.warning("trial %d would be lost if this session was: %s", request.number, error)

        try:
            return self._connection().send(parcel.pack(), note)
        except ServiceRefused as error:
            job: Future[Any] = Future()
            job.set_exception(error)
            return job

    def _code_of(self, task: PortableTask) -> Code | None:
        """Return the files of the task's folder, read once."""
        folder: Path | None = getattr(task.original, "folder", None)
        if self.shared_folder or folder is None:
            return None
        if str(folder) not in self._code:
            found = files_of(folder, self.exclude, most_bytes=_MOST_CODE_BYTES)
            self._code[str(folder)] = {name: (mode, (folder / name).read_bytes()) for name, (_, mode) in found.items()}
        return self._code[str(folder)]

    def _outcome(self, request: TrialRequest, job: Future[Any]) -> tuple[Result, dict[str, bytes]]:
        try:
            result, files, left = unpack_outcome(job.result())
        except ServiceRefused as error:
            return failed("machine", f"Globus Compute does not take the trial: {error}. Correct that"), {}
        except Refused as error:
            return failed("machine", f"the endpoint {self.endpoint} cannot run the trial: {error}. Correct that"), {}
        except (TaskFailed, ValueError, KeyError) as error:
            return failed("lost", f"its task on the endpoint has failed: {error}"), {}
        for name in left:
            logger.warning("%s of trial %d is too large to come back over Globus Compute", name, request.number)
        return result, files
