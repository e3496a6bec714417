"""The rank of a process in a distributed training."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Mapping

_RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "LOCAL_RANK")
_STEP = "SLURM_STEP_ID"
"""Numbers the launches of `srun`."""


def launch_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that launchers set in an environment."""
    return {name: environment[name] for name in (*_RANKS, _STEP) if name in environment}


def is_first_process(inherited: Mapping[str, str]) -> bool:
    """Tell whether this is the first of the processes that train together, whose values alone count.

    Args:
        inherited: The variables of launchers that the trial's own environment has. They number tunesmith's workers, not
            the processes of this training.
    """
    for name in _RANKS:
        rank = os.environ.get(name, "")
        if rank.isdigit() and not _is_inherited(name, inherited):
            return int(rank) == 0
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return bool(distributed.get_rank() == 0)
    return True


def _is_inherited(name: str, inherited: Mapping[str, str]) -> bool:
    names = (name, _STEP) if name.startswith("SLURM") else (name,)
    return all(os.environ.get(each) == inherited.get(each) for each in names)
