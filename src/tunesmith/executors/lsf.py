"""Trials as jobs of LSF."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, ClassVar

from ._jobs import JobExecutor
from ._scheduler import make_provider


@dataclass(frozen=True, kw_only=True)
class LsfExecutor(JobExecutor):
    """Runs every trial as an LSF job of its own. `bsub`, `bjobs` and `bkill` must work where the study runs.

    Args:
        queue: The queue; None is the default.
        project: The project to charge.
        options: Further lines of the batch script, as `"#BSUB -gpu num=1"`.
        command_seconds: How long a command of LSF may take.

    >>> LsfExecutor(slots=8, walltime="01:00:00", queue="normal").capabilities.slots
    8
    """

    commands: ClassVar[tuple[str, ...]] = ("bsub", "bjobs", "bkill")

    queue: str | None = None
    project: str | None = None
    options: str = ""
    command_seconds: int = 120

    def make_provider(self, walltime: str, memory_gb: int | None) -> Any:
        """Return the provider; see `JobExecutor.make_provider`."""
        gpus = f'#BSUB -gpu "num={self.gpus}"' if self.gpus else ""
        memory = "" if memory_gb is None else f"#BSUB -M {memory_gb}GB"
        return make_provider(
            "LSFProvider",
            queue=self.queue,
            project=self.project,
            scheduler_options="\n".join(filter(None, (gpus, memory, self.options))),
            cores_per_block=self.cores,
            cores_per_node=self.cores,
            request_by_nodes=False,
            walltime=walltime,
            cmd_timeout=self.command_seconds,
            bsub_redirection=True,
        )

    def trial_submission(self) -> str | None:
        """Return a command that fails if there is no such queue; see `JobExecutor.trial_submission`."""
        return None if self.queue is None else f"bqueues {shlex.quote(self.queue)}"
