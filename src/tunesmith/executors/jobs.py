"""Trials as jobs of any batch system for which Parsl has a provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._jobs import JobExecutor
from ._scheduler import make_provider


@dataclass(frozen=True, kw_only=True)
class JobsExecutor(JobExecutor):
    """Runs every trial as a job of its own, submitted by a provider of Parsl.

    `SlurmExecutor`, `PbsExecutor` and `LsfExecutor` need less to be said. This one is for other batch systems (Grid
    Engine, HTCondor, Kubernetes), and for trying on one machine how jobs behave.

    Args:
        provider: Called with the walltime and the memory in GB or None, returns the provider. None runs each job as a
            process of this machine that goes on if the study ends. `cores`, `memory_gb` and `gpus` are then not
            reserved.

    >>> JobsExecutor(slots=4).capabilities.outlives_session
    True
    """

    provider: Callable[[str, int | None], Any] | None = None

    def make_provider(self, walltime: str, memory_gb: int | None) -> Any:
        """Return the provider; see `JobExecutor.make_provider`."""
        if self.provider is not None:
            return self.provider(walltime, memory_gb)
        return make_provider("LocalProvider")
