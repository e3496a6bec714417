"""Trials as jobs of Slurm."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import Any, ClassVar

from ._jobs import JobExecutor
from ._scheduler import make_provider
from ._walltime import seconds_of_slurm


@dataclass(frozen=True, kw_only=True)
class SlurmExecutor(JobExecutor):
    """Runs every trial as a Slurm job of its own. `sbatch`, `squeue` and `scancel` must work where the study runs.

    Args:
        partition: The partition; None is the cluster's default.
        account: The account to charge; None is the user's default.
        qos: The quality of service.
        constraint: Features that a node must have, such as `"a100"`.
        exclusive: Whether a trial gets whole nodes.
        options: Further lines of the batch script, as `"#SBATCH --gres=gpu:a100:1"`.
        command_seconds: How long a command of Slurm may take.

    >>> SlurmExecutor(slots=32, cores=4, gpus=1, walltime="02:00:00", partition="gpu").capabilities.slots
    32
    """

    commands: ClassVar[tuple[str, ...]] = ("sbatch", "squeue", "scancel")

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    exclusive: bool = False
    options: str = ""
    command_seconds: int = 60

    def make_provider(self, walltime: str, memory_gb: int | None) -> Any:
        """Return the provider; see `JobExecutor.make_provider`."""
        return make_provider(
            "SlurmProvider",
            partition=self.partition,
            account=self.account,
            qos=self.qos,
            constraint=self.constraint,
            cores_per_node=self.cores,
            mem_per_node=memory_gb,
            gpus_per_node=self.gpus or None,
            walltime=walltime,
            scheduler_options=self.options,
            exclusive=self.exclusive,
            cmd_timeout=self.command_seconds,
        )

    def waiting_query(self, job: str) -> tuple[str, str]:
        """Return how to ask why a job waits; see `JobExecutor.waiting_query`."""
        return f"squeue --noheader --job {job} --format %r", "(.+)"

    def trial_submission(self) -> str:
        """Return a command that fails if Slurm would not take a job; see `JobExecutor.trial_submission`."""
        wanted = {
            "partition": self.partition,
            "account": self.account,
            "qos": self.qos,
            "constraint": self.constraint,
            "cpus-per-task": self.cores,
            "mem": None if self.memory_gb is None else f"{math.ceil(self.memory_gb)}g",
            "gpus-per-node": self.gpus or None,
            "time": self.walltime or "01:00:00",
        }
        options = [f"--{name}={value}" for name, value in wanted.items() if value is not None]
        further = [line.removeprefix("#SBATCH").split(" #")[0].strip() for line in self.options.splitlines()]
        return " ".join([shlex.join(["sbatch", "--test-only", *options]), *further, "--wrap=true"])

    def time_limit(self, partitions: str) -> str | None:
        """Return the longest time that its partition gives a job, as Slurm prints it.

        Args:
            partitions: What `sinfo --noheader --format "%P %l"` prints; the name of the default ends with a star.
        """
        limits = dict(line.split() for line in partitions.splitlines() if len(line.split()) == 2)
        named = [limit for name, limit in limits.items() if name.rstrip("*") in (self.partition or "").split(",")]
        default = [limit for name, limit in limits.items() if name.endswith("*")]
        return max(named if self.partition else default, key=seconds_of_slurm, default=None)
