"""Jobs of a batch system, through a provider of Parsl."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..errors import MissingExtra, message_of
from ..llm.environment import hidden_from_trials, trial_environment

logger = logging.getLogger(__name__)

_TEMPORARY = (
    "try again",
    "temporarily",
    "timed out",
    "timeout",
    "unable to contact",
    "connection refused",
    "communication failure",
    "cannot connect",
)
"""Words of schedulers that are busy or restarted. A submission that they refuse is repeated."""

STATUS_SECONDS = 15
"""The time between two questions for the pilot jobs: a lost one is replaced so much later."""


class JobState(StrEnum):
    """What the batch system says of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    TIMED_OUT = "ended at its time limit"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self in (JobState.ENDED, JobState.TIMED_OUT, JobState.CANCELLED)


class SubmissionFailed(Exception):
    """The batch system did not take a job.

    Args:
        reason: What it said.
        is_temporary: Whether it may take the job later.
    """

    def __init__(self, reason: str, *, is_temporary: bool = False) -> None:
        super().__init__(reason)
        self.is_temporary = is_temporary


class Scheduler:
    """Submits, follows and cancels jobs. One call at a time reaches the provider; all methods may be called anywhere.

    Variables with secrets are removed from the environment of every job and of the commands that submit them.

    Args:
        provider: A provider of Parsl, such as `parsl.providers.SlurmProvider`.
    """

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._lock = threading.Lock()
        # The job itself drops them too: some batch systems and `LocalProvider` pass on the environment of the study.
        hidden = " ".join(map(shlex.quote, sorted(hidden_from_trials())))
        self._preamble = f"unset {hidden}\n" if hidden else ""

    def submit(self, command: str, *, name: str, folder: Path) -> str:
        """Submit a job; return its id.

        Args:
            command: A shell command.
            name: The beginning of the job's name.
            folder: Where the job's script and output lie.

        Raises:
            SubmissionFailed: The batch system refused it, or did not answer.
        """
        with self._lock:
            self._provider.script_dir = str(folder)
            try:
                with _silent_parsl():
                    identity = self._provider.submit(self._preamble + command, 1, name)
            except Exception as error:
                raise _submission_failed(error) from error
            if not identity:  # Some providers only log what the batch system says.
                said = getattr(self._provider, "complaint", "") or "the batch system gave the job no id"
                raise _submission_failed(said)
        return str(identity)

    def states(self, jobs: Mapping[str, Path]) -> Mapping[str, JobState]:
        """Return the state of jobs, also of those that an earlier session submitted.

        Args:
            jobs: The folder of each by its id.
        """
        with self._lock:
            for job, folder in jobs.items():
                self._know(job, folder)
            try:
                statuses = self._provider.status(list(jobs))
            except Exception as error:
                # Parsl's providers raise what they meet: a command that hangs, output of another form.
                logger.warning("the batch system does not tell the state of its jobs: %s", message_of(error))
                return dict.fromkeys(jobs, JobState.UNKNOWN)
        return {
            job: _STATES.get(status.state.name, JobState.UNKNOWN) for job, status in zip(jobs, statuses, strict=True)
        }

    def cancel(self, job: str, folder: Path) -> None:
        """Cancel a job, waiting or running. A failure is logged."""
        with self._lock:
            self._know(job, folder)
            try:
                done = self._provider.cancel([job])
            except Exception as error:
                logger.warning("job %s could not be cancelled: %s", job, message_of(error))
            else:
                if not all(done):
                    logger.warning("job %s could not be cancelled", job)

    def note_jobs(self, file: Path) -> None:
        """Append the id of every job that the provider submits from now on to a file."""
        submit = self._provider.submit

        def noted(*arguments: Any, **options: Any) -> Any:
            job = submit(*arguments, **options)
            with file.open("a") as ids:
                ids.write(f"{job}\n")
            return job

        self._provider.submit = noted

    def ask(self, command: str, pattern: str) -> str:
        """Return what a command of the batch system says after a pattern's first group; empty if it says nothing."""
        try:
            with self._lock:
                _, output, _ = run_command(command, self._provider.cmd_timeout)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        match = re.search(pattern, output)
        return match[1].strip() if match else ""

    def forget(self, job: str) -> None:
        """Ask no more for a job that has ended."""
        with self._lock:
            self._provider.resources.pop(job, None)

    def _know(self, job: str, folder: Path) -> None:
        """Make a job of an earlier session known to the provider."""
        from parsl.jobs.states import JobState as ParslState
        from parsl.jobs.states import JobStatus

        if job not in self._provider.resources:
            known = {"job_id": job, "status": JobStatus(ParslState.UNKNOWN)}
            known |= {"job_stdout_path": None, "job_stderr_path": None}
            if hasattr(type(self._provider), "_is_alive"):  # LocalProvider
                known |= {"remote_pid": int(job), "script_path": str(next(folder.glob("*.sh"), folder))}
            self._provider.resources[job] = known


_STATES = {
    "PENDING": JobState.WAITING,
    "HELD": JobState.WAITING,
    "RUNNING": JobState.RUNNING,
    "CANCELLED": JobState.CANCELLED,
    "COMPLETED": JobState.ENDED,
    "FAILED": JobState.ENDED,
    "MISSING": JobState.ENDED,
    "TIMEOUT": JobState.TIMED_OUT,
}


def make_provider(name: str, *, launcher: str = "first node", **options: Any) -> Any:
    """Return a provider of Parsl.

    Args:
        name: Its class.
        launcher: Where a job runs its command: on the `"first node"`, or on every node by `"srun"` or `"mpiexec"`.
        options: Those of the class.

    Raises:
        MissingExtra: Parsl is not installed.
    """
    try:
        from parsl import launchers, providers
        from parsl.providers.cluster_provider import ClusterProvider
    except ImportError as error:
        raise MissingExtra(
            f"jobs of a batch system need Parsl: pip install 'tunesmith[parsl]'. ({message_of(error)})",
            keys=("executor",),
        ) from error
    kind = getattr(providers, name)
    if issubclass(kind, ClusterProvider):

        class Commands(ClusterProvider):
            """In place of Parsl's way to run commands, which leaves one that hangs running, and asks once a minute."""

            status_polling_interval = STATUS_SECONDS

            def execute_wait(self, command: str, timeout: float | None = None) -> tuple[int, str, str]:
                status, output, errors = run_command(command, timeout or self.cmd_timeout)
                self.complaint = (errors or output) if status else ""
                return status, output, errors

        kind = type(name, (kind, Commands), {})
    kinds = {"first node": "SimpleLauncher", "srun": "SrunLauncher", "mpiexec": "MpiExecLauncher"}
    return kind(launcher=getattr(launchers, kinds[launcher])(), **options)


def parsl_states(names: Sequence[str]) -> list[Any]:
    """Return states of jobs as Parsl's providers return them, from their names there."""
    from parsl.jobs.states import JobState as ParslState
    from parsl.jobs.states import JobStatus

    return [JobStatus(ParslState[name]) for name in names]


def run_command(command: str, timeout_seconds: float) -> tuple[int, str, str]:
    """Run a command of the batch system, without the study's secrets; kill it if it hangs.

    Returns:
        Its exit status, output and errors.

    Raises:
        subprocess.TimeoutExpired: It took too long.
    """
    process = subprocess.Popen(
        command,
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=trial_environment(),
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout_seconds)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return process.returncode, output, errors


@contextlib.contextmanager
def _silent_parsl() -> Iterator[None]:
    """Let Parsl's providers log nothing meanwhile: the executor says why a job was refused."""
    providers = logging.getLogger("parsl.providers")
    level = providers.level
    providers.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        providers.setLevel(level)


def _submission_failed(error: Exception | str) -> SubmissionFailed:
    if isinstance(error, subprocess.TimeoutExpired):
        return SubmissionFailed(f"it did not answer within {error.timeout:g} seconds", is_temporary=True)
    said = str(getattr(error, "stderr", None) or getattr(error, "stdout", None) or error)
    reason = " ".join([line.strip() for line in said.splitlines() if line.strip()][-3:])
    return SubmissionFailed(reason, is_temporary=any(word in reason.lower() for word in _TEMPORARY))
