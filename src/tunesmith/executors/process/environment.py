"""The environment of a slot: which GPUs its trials see, and how many threads they use."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GPU_VARIABLE = "CUDA_VISIBLE_DEVICES"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def find_gpus() -> list[str]:
    """Return the GPUs that this process may use: those of CUDA_VISIBLE_DEVICES, or all that nvidia-smi knows."""
    given = os.environ.get(_GPU_VARIABLE)
    if given is not None:
        return [name.strip() for name in given.split(",") if name.strip() and name.strip() != "-1"]
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        listed = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = listed.stdout.splitlines() if listed.returncode == 0 else []
    return [str(place) for place in range(sum(line.startswith("GPU ") for line in lines))]


def share_of(gpus: Sequence[str], slot: int, count: int) -> list[str]:
    """Return the GPUs of one slot; where there are too few for all, slots share them evenly.

    >>> share_of(["0", "1", "2", "3"], slot=1, count=2)
    ['2', '3']
    """
    return [gpus[(slot * count + place) % len(gpus)] for place in range(min(count, len(gpus)))]


def variables_of(slot: int, gpus: Sequence[str] | None, gpus_per_trial: int, threads: int) -> dict[str, str]:
    """Return what to set for the trials of one slot.

    Args:
        slot: From 0.
        gpus: The GPUs to give out; none hides them all; None leaves things as they are.
        gpus_per_trial: How many each trial gets.
        threads: How many threads each trial gets; what the user has set stays.

    Returns:
        Environment variables by name.
    """
    chosen = {name: str(threads) for name in _THREAD_VARIABLES if name not in os.environ}
    if gpus is not None:
        chosen[_GPU_VARIABLE] = ",".join(share_of(gpus, slot, gpus_per_trial)) if gpus else ""
        if "CUDA_DEVICE_ORDER" not in os.environ and _GPU_VARIABLE not in os.environ:
            chosen["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the order in which nvidia-smi counts
    return chosen
