"""Whether the training of a network fits in memory, before it starts."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import torch
from torch import nn

from ..core.trial import Failure, TrialFailed
from ..text.wording import number, size
from ..training.memory import MemoryNeed, count_parameters, estimate_memory
from ..training.trainer import TrainingOptions
from ._net_samples import WindowSamples

_PROBED = 2  # Windows.


def expect_memory(
    build: Callable[[], nn.Module], samples: WindowSamples, options: TrainingOptions, limit_bytes: int | None
) -> None:
    """Check that a training fits in memory: that of the GPU, or that of the machine and what a trial may hold.

    Args:
        build: Returns the untrained network.
        samples: What it is to learn from.
        options: How it is to be trained.
        limit_bytes: The most that this process may hold; None for what the machine has.

    Raises:
        TrialFailed: It does not, by an estimate.
    """
    room, where = _room(options.torch_device, limit_bytes)
    need = MemoryNeed(parameters=count_parameters(build))
    if need.total_bytes <= room:
        inputs = samples.rows(torch.arange(min(_PROBED, len(samples)))).inputs
        with torch.random.fork_rng(devices=[]):
            need = estimate_memory(build, inputs, options.batch_size)
    if need.total_bytes > room:
        batch = f", {size(need.batch_bytes)} of it for a batch of {options.batch_size}" if need.batch_bytes else ""
        reason = (
            f"it was not started: to train its {number(need.parameters)} parameters would take about "
            f"{size(need.total_bytes)} of memory{batch}; {where}. A smaller lookback, batch_size or network fits"
        )
        raise TrialFailed(Failure(kind="memory", reason=reason))


def _room(device: torch.device, limit_bytes: int | None) -> tuple[int, str]:
    """Return how many more bytes may be held, and in words where that is from."""
    if device.type == "cuda":
        free = int(torch.cuda.mem_get_info(device)[0])
        return free, f"the GPU has {size(free)} left"
    free = int(psutil.virtual_memory().available)
    if limit_bytes is None:
        return free, f"the machine has {size(free)} left"
    left = limit_bytes - int(psutil.Process().memory_info().rss)
    if left > free:
        return free, f"the machine has {size(free)} left"
    return left, f"the limit is {size(limit_bytes)}, of which {size(max(left, 0))} are left"
