"""Trials as jobs of PBS Pro and OpenPBS."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, ClassVar

from ._jobs import JobExecutor
from ._scheduler import make_provider


@dataclass(frozen=True, kw_only=True)
class PbsExecutor(JobExecutor):
    """Runs every trial as a PBS job of its own. `qsub`, `qstat` and `qdel` must work where the study runs.

    Args:
        queue: The queue; None is the default.
        account: The project to charge.
        select: More for the resource line of a job, as `"ngpus=1:mem=16gb"`. `gpus` and `memory_gb` are put there.
        options: Further lines of the batch script, as `"#PBS -l filesystems=home:eagle"`.
        command_seconds: How long a command of PBS may take.

    >>> PbsExecutor(slots=8, cores=8, gpus=1, walltime="01:00:00", queue="debug").capabilities.slots
    8
    """

    commands: ClassVar[tuple[str, ...]] = ("qsub", "qstat", "qdel")

    queue: str | None = None
    account: str | None = None
    select: str = ""
    options: str = ""
    command_seconds: int = 120

    def make_provider(self, walltime: str, memory_gb: int | None) -> Any:
        """Return the provider; see `JobExecutor.make_provider`."""
        gpus = f"ngpus={self.gpus}" if self.gpus else ""
        memory = "" if memory_gb is None else f"mem={memory_gb}gb"
        return make_provider(
            "PBSProProvider",
            account=self.account,
            queue=self.queue,
            scheduler_options=self.options,
            select_options=":".join(filter(None, (gpus, memory, self.select))),
            cpus_per_node=self.cores,
            walltime=walltime,
            cmd_timeout=self.command_seconds,
        )

    def waiting_query(self, job: str) -> tuple[str, str]:
        """Return how to ask why a job waits; see `JobExecutor.waiting_query`."""
        return f"qstat -f {job}", r"comment = (.+)"

    def trial_submission(self) -> str | None:
        """Return a command that fails if there is no such queue; see `JobExecutor.trial_submission`."""
        return None if self.queue is None else f"qstat -Q {shlex.quote(self.queue)}"
