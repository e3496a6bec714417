"""How much memory a training needs, estimated before it starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_COPIES = 9
"""Of the parameters at once: themselves, their gradients, two moments, the best ones, and four being written."""
_TEMPORARY = 1.5
"""Times what a step keeps for its way back, because gradients and intermediate values come on top."""


@dataclass(frozen=True, kw_only=True)
class MemoryNeed:
    """The memory that a training needs, besides its samples.

    Args:
        parameters: How many the network has.
        batch_bytes: What a step holds for the samples of its batch.
    """

    parameters: int
    batch_bytes: int = 0

    @property
    def parameter_bytes(self) -> int:
        """What the parameters need, with their gradients, the optimiser and a checkpoint."""
        return _COPIES * 4 * self.parameters

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.parameter_bytes + self.batch_bytes


def count_parameters(build: Callable[[], nn.Module]) -> int:
    """Return how many parameters a network has, without memory for them.

    Args:
        build: Returns the network.
    """
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build().parameters())


def estimate_memory(build: Callable[[], nn.Module], inputs: Sequence[Tensor], batch: int) -> MemoryNeed:
    """Return an estimate of what a training needs, from one pass of a few samples through the network.

    Args:
        build: Returns the network.
        inputs: The arguments of the network for these samples.
        batch: The number of samples of a step.
    """
    network = build().train()
    own = {parameter.data_ptr() for parameter in network.parameters()}
    kept: dict[tuple[int, int], int] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr(), tensor.numel()] = tensor.nbytes
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = network(*inputs)
    step = (sum(kept.values()) + outputs.nbytes) * batch / len(inputs[0])
    return MemoryNeed(
        parameters=sum(parameter.numel() for parameter in network.parameters()), batch_bytes=int(_TEMPORARY * step)
    )
