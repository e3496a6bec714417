"""Trials as jobs of a batch system, one job each."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import os
import re
import secrets
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

from ..core.schema import LONGEST_SECONDS, check_types, expect_environment, expect_range
from ..core.trial import Measurement, OnReport, TrialRequest
from ..errors import message_of
from ..execution.evaluation import failed, not_started, recover_from_folder, settle
from ..execution.portable import PortableTask
from ..tasks.base import Task
from ..trial_folder.handed import note_handed
from ..trial_folder.prepare import clear_attempt
from ..trial_folder.reports import ReportsTail
from ..trial_folder.result import Result, read_result
from ..trial_folder.stop import request_stop
from ._imports import own_folders
from ._job_output import last_words
from ._scheduler import JobState, Scheduler, SubmissionFailed
from ._waiting import explained, remedy
from ._walltime import seconds_of, walltime_of
from .base import SHARE_OF_FOLLOWING, Capabilities, Limit
from .process.job import HEARTBEAT_FILE, JOB_FOLDER, REQUEST_FILE, write_request

logger = logging.getLogger(__name__)

_START = (
    "import json, sys; more = json.load(open(sys.argv[1] + '/request.json'))['path']; "
    "sys.path[:] = more + [each for each in sys.path if each and each not in more]; "
    "from tunesmith.executors.process.job import main; main()"
)
_ID_FILE = "id"
_FOLLOW_SECONDS = 0.1
_SUBMIT_AGAIN_SECONDS = (2.0, 5.0, 15.0, 30.0, 60.0)
_MOST_UNKNOWN = 3
"""How often in a row the batch system may not know a job that has shown no life."""
_EXPLAIN_SECONDS = 45.0
"""How long a job may wait for its turn before the reason is logged; one with a remedy is logged at once."""
_FIRST_QUESTION_SECONDS = 5.0
"""How long after the first submission the batch system is asked for its jobs."""
_MOST_EXPLAINED = 3
"""How many waiting jobs the batch system is asked about at once: the others mostly wait for the same."""
_STOP_LEEWAY_SECONDS = 15.0
_TIME_LIMIT = re.compile("due to time limit|walltime .*exceeded|TERM_RUNLIMIT", re.IGNORECASE)
"""What Slurm, PBS and LSF write to a job's standard error when they end it; some tell its state to nobody later."""


@dataclass(eq=False)
class _Running:
    """A submitted trial. `job` is the id of its job, once it has one; the times are of this machine's clock.

    `waits` says why its job has not begun: empty while that is not known, None once it runs. `asked` is when the batch
    system was asked for the reason.
    """

    request: TrialRequest
    tail: ReportsTail
    future: Future[Measurement] = field(default_factory=Future)
    job: str = ""
    heartbeat: float = 0.0
    heard: float | None = None
    stopped: float | None = None
    cancelled: bool = False
    ended: float | None = None
    reason: str = ""
    unknown: int = 0
    waits: str | None = ""
    asked: float = 0.0
    submitted: float = field(default_factory=time.monotonic)

    @property
    def folder(self) -> Path:
        return self.request.folder / JOB_FOLDER


@dataclass
class _State:
    on_report: OnReport | None = None
    scheduler: Scheduler | None = None
    calls: ThreadPoolExecutor | None = None
    task: PortableTask | None = None
    task_file: tuple[PortableTask, Path, str] | None = None
    folder: Path | None = None
    running: dict[int, _Running] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    follows: bool = False
    reasons: set[str] = field(default_factory=set)
    closing: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, kw_only=True)
class JobExecutor:
    """Runs every trial as a job of its own; the base of the executors for batch systems.

    The job supervises the trial as `ProcessExecutor` does on this machine, and leaves its result in the trial's folder,
    which the job and the study must both see. What that file says counts, not what the batch system says of the job.

    Trials outlive the session: if the study is interrupted or killed, its jobs go on, and the next session finds them
    by their ids. If a job ends without a result (its node fails, somebody cancels it), the trial is lost and runs again
    from its checkpoint, up to the study's `retries`.

    Args:
        slots: The number of jobs at once, waiting ones included.
        cores: Cores for each trial; also its number of threads.
        memory_gb: Memory for each trial. None asks for the study's `memory_gb`, if it has one.
        gpus: GPUs for each trial.
        walltime: The time of a job, as `"HH:MM:SS"`. A trial that needs more is stopped shortly before, and goes on in
            another job from its checkpoint if it saves any. None allows the study's `seconds_per_trial` and ten
            minutes, or an hour without that limit.
        worker_init: Shell commands that a job runs first, such as `"module load python; source ~/env/bin/activate"`.
        python: The interpreter on the compute nodes, with tunesmith and all that the trials need. None is this one.
        environment: Variables to set for every trial.
        grace_seconds: How long a trial may take to end after it was asked to, before it is killed.
        log_bytes: The largest `log.txt`; beyond that, the beginning and the end are kept.
        poll_seconds: The time between two questions to the batch system. Reports and results do not wait for it.
        patience_seconds: A job that was heard of, but not for so long, is cancelled, and its trial is lost.
    """

    commands: ClassVar[tuple[str, ...]] = ()
    """The commands of the batch system that must be there."""

    slots: int = 1
    cores: int = 1
    memory_gb: float | None = None
    gpus: int = 0
    walltime: str | None = None
    worker_init: str = ""
    python: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    grace_seconds: float = 5.0
    log_bytes: int = 8_000_000
    poll_seconds: float = 15.0
    patience_seconds: float = 180.0
    _state: _State = field(default_factory=_State, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_types(self)
        expect_range(self, "slots", 1, 10_000)
        expect_range(self, "cores", 1)
        expect_range(self, "gpus", 0)
        expect_range(self, "poll_seconds", 0.1, LONGEST_SECONDS)
        expect_range(self, "patience_seconds", 30.0, LONGEST_SECONDS)
        expect_range(self, "grace_seconds", 0, LONGEST_SECONDS)
        expect_range(self, "log_bytes", 10_000)
        expect_environment(self.environment, "environment")
        if self.walltime is not None:
            seconds_of(self.walltime)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        limits: frozenset[Limit] = frozenset({"seconds", "memory"})
        return Capabilities(
            slots=self.slots, can_stop=True, enforces=limits, outlives_session=True, on_this_machine=False
        )

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        """Get ready; jobs of an earlier session go on, and `recover` finds them."""
        state = self._state
        state.on_report = on_report
        state.folder = folder
        state.closing.clear()

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        """Submit a trial's job, in another thread.

        Returns:
            A future of its measurement; see `Executor.submit`.

        Raises:
            InputError: The task cannot be pickled, or Parsl is not installed.
            RuntimeError: The executor is not open.
        """
        state = self._state
        if state.on_report is None:
            raise RuntimeError("an executor must be opened before trials are submitted.")
        running = _Running(request, ReportsTail(request.folder))
        running.future.set_running_or_notify_cancel()
        state.task = PortableTask.of(task, state.task)
        self._scheduler_for(request)
        try:
            command = self._prepare(state.task, request)
        except OSError as error:
            settle(running.future, not_started(error, "the trial's job could not be prepared"))
            return running.future
        self._follow(running)
        self._call(self._submit, running, command)
        return running.future

    def recover(self, request: TrialRequest) -> Future[Measurement] | None:
        """Follow the job of an attempt of an earlier session, or settle the attempt from its folder."""
        settled = recover_from_folder(request, self._on_report)
        if settled is not None or read_result(request.folder, request.attempt) is not None:
            return settled
        running = _Running(request, ReportsTail(request.folder))
        try:
            fields = json.loads((running.folder / REQUEST_FILE).read_bytes())
            running.job = (running.folder / _ID_FILE).read_text().strip()
        except (OSError, ValueError):
            return None
        if fields["request"]["attempt"] != request.attempt or not running.job:
            return None
        logger.info("trial %d goes on as job %s", request.number, running.job)
        running.future.set_running_or_notify_cancel()
        self._scheduler_for(request)
        self._follow(running)
        return running.future

    def stop(self, number: int) -> None:
        """Ask a trial to end; a job that still waits, or does not end its trial in time, is cancelled."""
        running = self._state.running.get(number)
        if running is not None and running.stopped is None:
            running.stopped = time.monotonic()
            with contextlib.suppress(OSError):
                request_stop(running.request.folder)

    def waiting(self, number: int) -> str | None:
        """Return why a trial's job has not begun, empty while that is not known; None if it runs."""
        running = self._state.running.get(number)
        return None if running is None else running.waits

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following; jobs that nobody has stopped go on."""
        state = self._state
        state.closing.set()
        calls, state.calls = state.calls, None
        if calls is not None:
            calls.shutdown(wait=True, cancel_futures=True)
        state.on_report = None
        with state.lock:
            state.running.clear()

    def make_provider(self, walltime: str, memory_gb: int | None) -> Any:
        """Return the provider of Parsl that submits the jobs.

        Args:
            walltime: As `HH:MM:SS`.
            memory_gb: Memory for a job, or None.
        """
        raise NotImplementedError

    def waiting_query(self, job: str) -> tuple[str, str] | None:
        """Return a command that tells why a job waits, and the pattern of the reason in its output."""
        return None

    def trial_submission(self) -> str | None:
        """Return a command that fails if the batch system would not take a job, as for a wrong queue or account."""
        return None

    # -- before the job --------------------------------------------------------------------------------------------

    def _scheduler_for(self, request: TrialRequest) -> None:
        """Make the connection to the batch system, once the limits of trials are known."""
        if self._state.scheduler is None:
            wanted = self.memory_gb
            if wanted is None and request.memory_bytes is not None:
                wanted = request.memory_bytes / 1e9 + 0.5  # The supervisor of the trial needs some, too.
            memory_gb = None if wanted is None else math.ceil(wanted)
            self._state.scheduler = Scheduler(self.make_provider(self._walltime_of(request), memory_gb))

    def _walltime_of(self, request: TrialRequest) -> str:
        if self.walltime is not None:
            return self.walltime
        return walltime_of(3600.0 if request.timeout_seconds is None else request.timeout_seconds + 600.0)

    def _prepare(self, task: PortableTask, request: TrialRequest) -> str:
        """Write the job's folder; return the command that it runs."""
        request.folder.mkdir(parents=True, exist_ok=True)
        clear_attempt(request.folder)
        job = request.folder / JOB_FOLDER
        shutil.rmtree(job, ignore_errors=True)
        job.mkdir()
        note_handed(request.folder, request.attempt, "a job that was not submitted yet")
        path, sha256 = self._write_task(task, request)
        token = secrets.token_hex(8)
        options = {
            "threads_per_trial": self.cores,
            "grace_seconds": self.grace_seconds,
            "log_bytes": self.log_bytes,
            "environment": dict(self.environment),
        }
        seconds = seconds_of(self._walltime_of(request))
        imports = sys.path if self.python is None else own_folders()
        write_request(
            job, request, token=token, task=path, sha256=sha256, walltime_seconds=seconds, options=options, path=imports
        )
        words = (self.python or sys.executable, "-c", _START, str(job), token)
        run = " ".join(map(shlex.quote, words))
        return f"{self.worker_init}\ncd {shlex.quote(os.getcwd())}\nexec {run}\n"  # noqa: PTH109

    def _write_task(self, task: PortableTask, request: TrialRequest) -> tuple[Path, str]:
        """Write the pickled task once for all jobs; return its path and hash."""
        state = self._state
        if state.task_file is None or state.task_file[0] is not task or not state.task_file[1].exists():
            sha256 = hashlib.sha256(task.pickled).hexdigest()
            path = (state.folder or request.folder.parent) / "jobs" / f"task-{sha256[:16]}.pickle"
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}.tmp")
            draft.write_bytes(task.pickled)
            draft.chmod(0o600)
            draft.replace(path)
            state.task_file = (task, path, sha256)
        return state.task_file[1:]

    # -- calls of the batch system, in a thread of their own -------------------------------------------------------

    def _call(self, function: Any, *arguments: Any) -> Future[None] | None:
        """Call the batch system in its thread, as its commands may take seconds."""
        state = self._state
        if state.closing.is_set():
            return None
        if state.calls is None:
            state.calls = ThreadPoolExecutor(1, thread_name_prefix="tunesmith-batch")
        return state.calls.submit(function, *arguments)

    def _submit(self, running: _Running, command: str) -> None:
        """Submit a job, several times if the batch system is busy."""
        name = f"tunesmith.{running.request.number:04d}"
        for pause in (*_SUBMIT_AGAIN_SECONDS, None):
            if running.stopped is not None or running.future.done():
                return
            try:
                assert self._state.scheduler is not None
                job = self._state.scheduler.submit(command, name=name, folder=running.folder)
                (running.folder / _ID_FILE).write_text(job)
                note_handed(running.request.folder, running.request.attempt, f"job {job}")
            except SubmissionFailed as error:
                problem = f"the batch system did not take the trial's job: {error}"
                if not error.is_temporary or pause is None:
                    self._refuse_all(f"{problem.rstrip('.')}. Correct [execution] or the profile")
                    return
                logger.warning("%s; tunesmith tries again in %g seconds", problem, pause)
                if self._state.closing.wait(pause):
                    return
            except Exception as error:
                problem = f"the trial's job could not be submitted: {message_of(error).rstrip('.')}"
                self._settle(running, failed("machine", f"{problem}. Correct that"))
                return
            else:
                running.job = job
                logger.info("trial %d is job %s", running.request.number, job)
                return

    def _refuse_all(self, problem: str) -> None:
        """Settle all trials that have no job yet: what the batch system refused for one, it refuses for the others."""
        for running in self._all_running():
            if not running.job:
                self._settle(running, failed("machine", problem))

    def _ask_states(self) -> None:
        """Ask the batch system for all jobs, and note those that have ended or were lost."""
        scheduler = self._state.scheduler
        jobs = {running.job: running for running in self._all_running() if running.job and running.ended is None}
        if scheduler is None or not jobs:
            return
        now = time.monotonic()
        for job, state in scheduler.states({job: running.folder for job, running in jobs.items()}).items():
            running = jobs[job]
            running.unknown = running.unknown + 1 if state is JobState.UNKNOWN else 0
            silent = running.heard is not None and now - running.heard > self.patience_seconds
            if state.is_final:
                running.ended, running.reason = now, f"its job {job} {_ENDED[state]}"
            elif running.heard is None and running.unknown >= _MOST_UNKNOWN:
                running.ended, running.reason = now, f"the batch system does not know its job {job}"
            elif silent and state is not JobState.WAITING:
                running.ended = now
                running.reason = f"its job {job} has shown no life for {self.patience_seconds:g} seconds"
                scheduler.cancel(job, running.folder)
            if state is not JobState.WAITING:
                running.waits = None if state is JobState.RUNNING else running.waits
        waiting = [running for running in jobs.values() if running.waits is not None]
        for running in sorted(waiting, key=lambda each: each.asked)[:_MOST_EXPLAINED]:
            self._explain_waiting(running, now)

    def _explain_waiting(self, running: _Running, now: float) -> None:
        """Ask why a job waits, and say it: one with a walltime that no queue allows would wait for ever."""
        query = self.waiting_query(running.job)
        if query is None or self._state.scheduler is None:
            return
        running.asked = now
        running.waits = reason = self._state.scheduler.ask(*query)
        is_due = remedy(reason) or now - running.submitted > _EXPLAIN_SECONDS
        if reason and is_due and reason not in self._state.reasons:
            self._state.reasons.add(reason)
            logger.warning("job %s of trial %d waits: %s", running.job, running.request.number, explained(reason))

    def _cancel(self, running: _Running) -> None:
        if running.job and self._state.scheduler is not None:
            self._state.scheduler.cancel(running.job, running.folder)
        self._settle(running, {"state": "pruned"})

    # -- the folders of trials, in another thread ------------------------------------------------------------------

    def _follow(self, running: _Running) -> None:
        """Follow a trial's folder until the trial has ended."""
        state = self._state
        with state.lock:
            state.running[running.request.number] = running
            if not state.follows:
                state.follows = True
                threading.Thread(target=self._follow_all, name="tunesmith-jobs", daemon=True).start()

    def _follow_all(self) -> None:
        state = self._state
        asked, asking = time.monotonic() - max(self.poll_seconds - _FIRST_QUESTION_SECONDS, 0.0), None
        while True:
            with state.lock:
                state.follows = bool(state.running) and not state.closing.is_set()
                if not state.follows:
                    return
            began = time.monotonic()
            for running in self._all_running():
                self._look(running)
            if began - asked >= self.poll_seconds and (asking is None or asking.done()):
                asked, asking = began, self._call(self._ask_states)
            spent = time.monotonic() - began
            state.closing.wait(max(_FOLLOW_SECONDS, spent / SHARE_OF_FOLLOWING))

    def _all_running(self) -> list[_Running]:
        with self._state.lock:
            return list(self._state.running.values())

    def _look(self, running: _Running) -> None:
        """Forward a trial's reports, and settle it if it has ended."""
        now = time.monotonic()
        result = read_result(running.request.folder, running.request.attempt)  # Before the reports, which precede it.
        try:
            for report in running.tail.new():
                self._on_report(running.request.number, running.request.attempt, report.step, report.metrics)
        except BaseException as error:  # A bug in the callback. It is raised by the trial's future.
            self._settle(running, error)
            return
        if result is not None:
            self._settle(running, result)
            return
        with contextlib.suppress(OSError):
            touched = (running.folder / HEARTBEAT_FILE).stat().st_mtime
            if touched != running.heartbeat:
                running.heartbeat, running.heard, running.waits = touched, now, None
        if running.stopped is not None and not running.cancelled and self._is_stuck(running, now):
            running.cancelled = True
            self._call(self._cancel, running)
        elif running.ended is not None and now - running.ended > self._settling_seconds:
            self._settle(running, self._lost(running))

    def _is_stuck(self, running: _Running, now: float) -> bool:
        """Tell whether a trial that was asked to end must be cancelled: its job waits, or the trial takes too long."""
        assert running.stopped is not None
        return running.heard is None or now - running.stopped > 2 * self.grace_seconds + _STOP_LEEWAY_SECONDS

    @property
    def _settling_seconds(self) -> float:
        """How long a result may take to appear on a shared disk after its job has ended."""
        return min(10.0, 2 * self.poll_seconds)

    def _lost(self, running: _Running) -> Result:
        if running.stopped is not None:
            return {"state": "pruned"}
        words = last_words(running.folder)
        timed_out = running.reason.endswith(_ENDED[JobState.TIMED_OUT]) or _TIME_LIMIT.search(words)
        kind: Literal["lost", "timeout"] = "timeout" if timed_out else "lost"
        return failed(kind, f"{running.reason} without a result{f': {words}' if words else ''}")

    def _on_report(self, number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> None:
        if self._state.on_report is not None:
            self._state.on_report(number, attempt, step, metrics)

    def _settle(self, running: _Running, result: Result | BaseException) -> None:
        state = self._state
        with state.lock:
            if state.running.get(running.request.number) is not running:
                return  # The session is over, or the trial is settled.
            del state.running[running.request.number]
        if running.job and state.scheduler is not None:
            state.scheduler.forget(running.job)
        if isinstance(result, BaseException):
            running.future.set_exception(result)
        else:
            settle(running.future, result)


_ENDED = {
    JobState.ENDED: "ended",
    JobState.TIMED_OUT: "ended at its walltime",
    JobState.CANCELLED: "was cancelled",
}
