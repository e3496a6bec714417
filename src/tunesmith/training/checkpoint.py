"""The state of a training on disk, so that a killed or paused one goes on where it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from ..core.machine_faults import writing

_FILE = "training.pt"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a training needs to go on after an epoch.

    Args:
        network: The weights after the last epoch.
        best: Those of the best epoch.
        optimizer: The state of the optimiser.
        scheduler: That of the scheduler; empty if there is none.
        random: The state of torch's generator.
        epochs: What each epoch came to, as plain values.
    """

    network: Mapping[str, Tensor]
    best: Mapping[str, Tensor]
    optimizer: Mapping[str, Any]
    scheduler: Mapping[str, Any]
    random: Tensor
    epochs: list[dict[str, Any]]

    def save(self, folder: Path) -> None:
        """Write it to a folder, where it replaces an earlier one at once."""
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{_FILE}.partial"
        with writing(folder):
            torch.save({name: getattr(self, name) for name in self.__dataclass_fields__}, partial)
            partial.replace(folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return the checkpoint in a folder; None if there is none. Nothing but tensors and plain values is read."""
        path = folder / _FILE
        return cls(**torch.load(path, map_location="cpu", weights_only=True)) if path.exists() else None


def plain(epochs: list[Any]) -> list[dict[str, Any]]:
    """Return what epochs came to as plain values."""
    return [asdict(epoch) for epoch in epochs]
