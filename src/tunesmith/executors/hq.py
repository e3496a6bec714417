"""Trials as jobs of HyperQueue."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from ._jobs import JobExecutor
from ._scheduler import parsl_states, run_command
from ._walltime import seconds_of

_HQ = "hq --output-mode=quiet"


@dataclass(frozen=True, kw_only=True)
class HqExecutor(JobExecutor):
    """Runs every trial as a job of HyperQueue, which packs them into the jobs of Slurm or PBS that it holds.

    It suits trials of seconds to minutes on clusters that hand out whole nodes: HyperQueue starts a trial where its
    cores and GPUs are free and enough time is left. `hq` must work where the study runs, and its server must run
    (`hq server start`), with workers or an allocation queue (`hq alloc add`).

    Args:
        options: Further options of `hq submit`, as `"--priority 5"`.
        command_seconds: How long a command of HyperQueue may take.

    >>> HqExecutor(slots=64, cores=4, gpus=1, walltime="00:20:00").capabilities.slots
    64
    """

    commands: ClassVar[tuple[str, ...]] = ("hq",)

    options: str = ""
    command_seconds: int = 60

    def make_provider(self, walltime: str, memory_gb: int | None) -> Any:
        """Return what submits the jobs; see `JobExecutor.make_provider`."""
        seconds = int(seconds_of(walltime))
        wanted = [f"--cpus={self.cores}", f"--time-request={seconds}s", f"--time-limit={seconds}s"]
        if self.gpus:
            wanted.append(f"--resource=gpus/nvidia={self.gpus}")
        if memory_gb is not None:
            wanted.append(f"--resource=mem={memory_gb * 1024}")  # In MiB.
        return _HyperQueue([*wanted, *shlex.split(self.options)], self.command_seconds)

    def trial_submission(self) -> str:
        """Return a command that fails without a server; see `JobExecutor.trial_submission`."""
        return "hq server info"


@dataclass
class _HyperQueue:
    """HyperQueue in the form of a provider of Parsl.

    Args:
        options: Those of `hq submit`.
        cmd_timeout: How many seconds a command may take.
        script_dir: The folder for a job's script and output.
        complaint: What the last `hq submit` complained of.
        resources: Not used; `Scheduler` keeps jobs there.
    """

    options: list[str]
    cmd_timeout: float
    script_dir: str = ""
    complaint: str = ""
    resources: dict[str, Any] = field(default_factory=dict)

    def submit(self, command: str, tasks_per_node: int, job_name: str) -> str | None:
        """Submit a shell command; return the job's id."""
        script = Path(self.script_dir, "job.sh")
        script.write_text(f"#!/bin/bash\n{command}\n")
        output = [f"--stdout={script.with_suffix('.stdout')}", f"--stderr={script.with_suffix('.stderr')}"]
        words = [f"--name={job_name}", f"--cwd={self.script_dir}", *output, *self.options, "--", "bash", str(script)]
        status, said, errors = run_command(f"{_HQ} submit {shlex.join(words)}", self.cmd_timeout)
        self.complaint = (errors or said) if status else ""
        return said.split()[-1] if not status and said.split() else None

    def status(self, jobs: Sequence[str]) -> list[Any]:
        """Return the states of jobs, as Parsl has them."""
        _, said, _ = run_command(f"{_HQ} job list --all", self.cmd_timeout)
        states = dict(line.split()[:2] for line in said.splitlines() if len(line.split()) >= 2)
        return parsl_states([_STATES.get(states.get(job, ""), "UNKNOWN") for job in jobs])

    def cancel(self, jobs: Sequence[str]) -> list[bool]:
        """Cancel jobs; return for each whether that was accepted."""
        status, _, _ = run_command(f"{_HQ} job cancel {','.join(map(shlex.quote, jobs))}", self.cmd_timeout)
        return [status == 0] * len(jobs)


_STATES = {
    "WAITING": "PENDING",
    "RUNNING": "RUNNING",
    "FINISHED": "COMPLETED",
    "FAILED": "FAILED",
    "CANCELED": "CANCELLED",
}
