"""Trials in a pool of workers that speaks `concurrent.futures`: threads, processes, or a cluster."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from ..core.machine_faults import machine_fault
from ..core.schema import check_types, expect_whole
from ..core.trial import Measurement, OnReport, TrialRequest
from ..core.values import shown
from ..errors import InputError, message_of
from ..execution.evaluation import failed, not_started, recover_from_folder, settle
from ..execution.leftovers import sweep
from ..execution.portable import PortableTask, pack, unpack
from ..execution.remote import run_remotely
from ..tasks.base import Task
from ..trial_folder.checkpoint import inherit_checkpoint
from ..trial_folder.names import CHECKPOINT_FOLDER, LOG_FILE
from ..trial_folder.prepare import clear_attempt
from ..trial_folder.reports import ReportsTail
from ..trial_folder.result import Result, read_result
from ..trial_folder.stop import request_stop
from ._imports import own_folders
from .base import SHARE_OF_FOLLOWING, Capabilities, Limit
from .process import ProcessExecutor
from .process.alone import run_isolated
from .process.standby import close_waiting

_POLL_SECONDS = 0.05


@dataclass(eq=False)
class _Running:
    """A submitted trial. `job` is the pool's future, `future` the study's."""

    request: TrialRequest
    tail: ReportsTail
    job: Future[Any]
    future: Future[Measurement] = field(default_factory=Future)
    lock: threading.Lock = field(default_factory=threading.Lock)
    error: BaseException | None = None
    stopped: bool = False


@dataclass
class _State:
    pool: concurrent.futures.Executor | None = None
    on_report: OnReport | None = None
    task: PortableTask | None = None
    running: dict[int, _Running] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    follows: bool = False


@dataclass(frozen=True, kw_only=True)
class PoolExecutor:
    """Runs trials in any `concurrent.futures.Executor`; by default in threads of the study's process.

    Reports are read from the trial's folder while it runs; without a shared folder they arrive at the end, together
    with all files that the trial left.

    By default a trial runs in the pool's worker itself: it cannot be stopped by force (if it is pruned, its next
    `trial.report` raises `TrialPruned`, and until then it keeps its slot), limits of time and memory are not enforced,
    and one that crashes takes its worker along. With `isolated`, the worker runs it in a process of its own, as
    `ProcessExecutor` does.

    On exit, trials that have not started are withdrawn, and running ones go on. The pools of the standard library let
    the interpreter exit only after they have ended. For a pool whose trials outlive this process, override `recover`.

    An executor for a cluster is a subclass with its own options and `make_pool`.

    Args:
        slots: The number of trials that run at once.
        pool: Called with the slots, returns a pool.
        shared_folder: Whether the workers see the study's folder.
        isolated: Whether each trial gets a process of its own.
        threads_per_trial: Threads of numerical libraries for each isolated trial. None changes nothing.
        grace_seconds: How long an isolated trial may take to end after it was asked to, before it is killed.
        preload: Import the user's code once in each worker, for all its isolated trials; see `ProcessExecutor`.

    >>> from concurrent.futures import ProcessPoolExecutor
    >>> PoolExecutor(slots=4, pool=ProcessPoolExecutor).capabilities.can_stop
    False
    """

    withdraws: ClassVar[bool] = True
    """Whether the pool can cancel a job that has not started, and says truly that it cannot cancel one that runs."""

    slots: int = 1
    pool: Callable[[int], concurrent.futures.Executor] = ThreadPoolExecutor
    shared_folder: bool = True
    isolated: bool = False
    threads_per_trial: int | None = None
    grace_seconds: float = 5.0
    preload: bool | None = None
    _state: _State = field(default_factory=_State, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_types(self)
        expect_whole(self.slots, 1, "slots")
        if not callable(self.pool):
            raise InputError(f"pool must be a function of the slots, got {shown(self.pool)}.", keys=("pool",))

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        limits: frozenset[Limit] = frozenset({"seconds", "memory"})
        return Capabilities(
            slots=self.slots,
            can_stop=self.isolated and self.shared_folder,
            reports="live" if self.shared_folder else "at_end",
            enforces=limits if self.isolated else frozenset(),
            shared_folder=self.shared_folder,
            on_this_machine=self.on_this_machine,
        )

    @property
    def threads(self) -> int | None:
        """Threads of numerical libraries for each isolated trial."""
        return self.threads_per_trial

    @property
    def on_this_machine(self) -> bool:
        """Whether the pool's workers run on this machine."""
        return True

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        """Get ready; the pool is created for the first trial."""
        self._state.on_report = on_report
        if folder is not None and not self._state.running and not self.capabilities.outlives_session:
            sweep(folder)

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        """Start a trial.

        Returns:
            A future of its measurement; see `Executor.submit`. It raises `InputError` if the task cannot be pickled.

        Raises:
            RuntimeError: The executor is not open.
        """
        state = self._state
        if state.on_report is None:
            raise RuntimeError("an executor must be opened before trials are submitted.")
        try:
            files = self._prepare(request)
        except OSError as error:
            future: Future[Measurement] = Future()
            settle(future, not_started(error, "the trial's folder could not be prepared"))
            return future
        state.task = PortableTask.of(task, state.task)
        return self._follow_job(request, self._start(state.task, request, files))

    def recover(self, request: TrialRequest) -> Future[Measurement] | None:
        """Take over a trial that still runs in this process, or settle it from its folder; see `Executor.recover`."""
        running = self._state.running.get(request.number)
        if running is None or running.request.attempt != request.attempt:
            return recover_from_folder(request, self._on_report)
        with running.lock:
            running.tail = ReportsTail(request.folder)
        return running.future

    def stop(self, number: int) -> None:
        """Withdraw a trial that has not started, or ask it to end: an isolated one is killed if it does not."""
        running = self._state.running.get(number)
        if running is None:
            return
        running.stopped = True
        if self.shared_folder:
            _request_stop(running)
        if self.withdraws:
            running.job.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state.on_report = None
        can = self.capabilities
        for number, running in list(self._state.running.items()):
            if can.can_stop and not can.outlives_session:
                self.stop(number)
            elif self.withdraws:
                running.job.cancel()  # Only if it has not started; not every pool's shutdown can do this.
        pool, self._state.pool = self._state.pool, None
        if pool is not None:
            pool.shutdown(wait=False)
        if self.isolated:
            close_waiting()  # of a pool of threads

    def make_pool(self) -> concurrent.futures.Executor:
        """Return a new pool; called before the first trial, and after a pool broke."""
        return self.pool(self.slots)

    def _prepare(self, request: TrialRequest) -> dict[str, bytes] | None:
        """Remove files of an earlier attempt; without a shared folder, return the files to send along."""
        if request.folder.exists():
            clear_attempt(request.folder)
        if self.shared_folder:
            return None
        request.folder.mkdir(parents=True, exist_ok=True)
        if request.inherits is not None:
            unpack({LOG_FILE: inherit_checkpoint(request.folder, request.inherits)}, request.folder)
        return pack(request.folder, CHECKPOINT_FOLDER)

    def _start(self, task: PortableTask, request: TrialRequest, files: dict[str, bytes] | None) -> Future[Any]:
        """Hand a trial to the pool; return the pool's future, see `_outcome`."""
        if self.isolated:
            process = ProcessExecutor(
                threads_per_trial=self.threads, grace_seconds=self.grace_seconds, preload=self.preload
            )
            return self._submit(run_isolated, task, request, files, process, os.getpid(), own_folders())
        return self._submit(run_remotely, task, request, files, os.getpid())

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        for _ in range(2):
            if self._state.pool is None:
                self._state.pool = self.make_pool()
            with contextlib.suppress(BrokenExecutor):  # A worker has died. Its trial is lost, the next gets a new pool.
                return self._state.pool.submit(function, *arguments)
            self._state.pool = None
        raise RuntimeError("the pool breaks before it accepts a trial.")

    def _follow_job(self, request: TrialRequest, job: Future[Any]) -> Future[Measurement]:
        """Follow a trial that was handed to the pool; return the study's future."""
        running = _Running(request, ReportsTail(request.folder), job)
        running.future.set_running_or_notify_cancel()
        with self._state.lock:
            self._state.running[request.number] = running
            if self.shared_folder and not self._state.follows:
                self._state.follows = True
                threading.Thread(target=self._follow, name="tunesmith-reports", daemon=True).start()
        job.add_done_callback(partial(self._on_done, running))
        return running.future

    def _outcome(self, request: TrialRequest, job: Future[Any]) -> tuple[Result, dict[str, bytes]]:
        """Return the result and the files of a trial whose job has ended, or raise why there are none."""
        result, files = job.result()
        return result, files

    # -- in other threads ------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Forward reports while trials run."""
        while True:
            with self._state.lock:
                running = list(self._state.running.values())
                self._state.follows = bool(running)
            if not running:
                return
            began = time.monotonic()
            for trial in running:
                self._forward_reports(trial)
                if trial.stopped:  # Again and again: a trial that is just starting removes the file.
                    _request_stop(trial)
            time.sleep(max(_POLL_SECONDS, (time.monotonic() - began) / SHARE_OF_FOLLOWING))

    def _forward_reports(self, running: _Running) -> None:
        request = running.request
        with running.lock:
            try:
                for report in running.tail.new() if self._state.on_report is not None else ():
                    self._on_report(request.number, request.attempt, report.step, report.metrics)
            except BaseException as error:  # A bug in the callback. It is raised by the trial's future.
                running.error = error

    def _on_report(self, number: int, attempt: int, step: int, metrics: Any) -> None:
        if self._state.on_report is not None:
            self._state.on_report(number, attempt, step, metrics)

    def _on_done(self, running: _Running, job: Future[Any]) -> None:
        """Settle a trial whose job has ended."""
        request = running.request
        try:
            try:
                result, files = self._outcome(request, job)
                unpack(files, request.folder)
            except CancelledError:
                result = {"state": "pruned"}
            except InputError:
                raise
            except BaseException as error:
                fault = machine_fault(error)
                reason = f"its worker was lost: {fault or message_of(error)}"
                lost = failed("lost" if fault is None else "machine", reason)
                result = read_result(request.folder, request.attempt) or lost
            self._forward_reports(running)
        except BaseException as error:
            running.error = error
        self._remove(running)
        if running.error is not None:
            running.future.set_exception(running.error)
        else:
            settle(running.future, result)

    def _remove(self, running: _Running) -> None:
        with self._state.lock:
            if self._state.running.get(running.request.number) is running:
                del self._state.running[running.request.number]


def _request_stop(running: _Running) -> None:
    with contextlib.suppress(OSError):
        request_stop(running.request.folder)
