"""The environment of a slot: the GPUs that its trials see, and their number of threads."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from ...core.cores import count_cores

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GPU_VARIABLE = "CUDA_VISIBLE_DEVICES"


def find_gpus() -> list[str]:
    """Return the GPUs that this process may use: those of CUDA_VISIBLE_DEVICES, or all that nvidia-smi lists."""
    visible = os.environ.get(_GPU_VARIABLE)
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip() and name.strip() != "-1"]
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        listing = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = listing.stdout.splitlines() if listing.returncode == 0 else []
    return [str(index) for index in range(sum(line.startswith("GPU ") for line in lines))]


def gpus_of_slot(gpus: Sequence[str], slot: int, count: int) -> list[str]:
    """Return the GPUs of one slot. If there are too few for all slots, they are shared evenly.

    >>> gpus_of_slot(["0", "1", "2", "3"], slot=1, count=2)
    ['2', '3']
    """
    return [gpus[(slot * count + index) % len(gpus)] for index in range(min(count, len(gpus)))]


def thread_variables(threads: int | None, slots: int) -> dict[str, str]:
    """Return the variables by which numerical libraries learn their number of threads.

    Args:
        threads: The number for each trial, which goes before what the environment says. None divides the cores evenly
            among the slots, and keeps the variables that the environment has.
        slots: The number of trials that run at once.

    Returns:
        Values by name.
    """
    if threads is not None:
        return dict.fromkeys(_THREAD_VARIABLES, str(threads))
    share = str(max(1, count_cores() // slots))
    return {name: share for name in _THREAD_VARIABLES if name not in os.environ}


def gpu_variables(slot: int, gpus: Sequence[str] | None, gpus_per_trial: int) -> dict[str, str]:
    """Return the variables by which the trials of one slot see their GPUs.

    Args:
        slot: From 0.
        gpus: The GPUs to distribute; an empty list hides them all; None changes nothing.
        gpus_per_trial: The number for each trial.

    Returns:
        Values by name.
    """
    if gpus is None:
        return {}
    variables = {_GPU_VARIABLE: ",".join(gpus_of_slot(gpus, slot, gpus_per_trial)) if gpus else ""}
    if "CUDA_DEVICE_ORDER" not in os.environ and _GPU_VARIABLE not in os.environ:
        variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the order in which nvidia-smi counts
    return variables
