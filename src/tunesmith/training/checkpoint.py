"""The state of a training on disk, so that a killed or paused one goes on where it was. Nothing is pickled."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..core.machine_faults import writing

logger = logging.getLogger(__name__)

_FILE = "training.safetensors"
_REST = "rest"  # The key of what is no tensor, as JSON, among the file's metadata.


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a training needs to go on after an epoch.

    Args:
        network: The weights after the last epoch.
        best: Those of the best epoch.
        optimizer: The state of the optimiser.
        scheduler: That of the scheduler; empty if there is none.
        random: The states of torch's generators, by the kind of device.
        epochs: What each epoch came to, as plain values.
    """

    network: Mapping[str, Tensor]
    best: Mapping[str, Tensor]
    optimizer: Mapping[str, Any]
    scheduler: Mapping[str, Any]
    random: Mapping[str, Tensor]
    epochs: list[dict[str, Any]]

    def save(self, folder: Path) -> None:
        """Write it to a folder, where it replaces an earlier one at once.

        Raises:
            OutputError: The folder cannot be written.
        """
        tensors: dict[str, Tensor] = {}
        rest = _without_tensors({name: getattr(self, name) for name in self.__dataclass_fields__}, tensors)
        partial = folder / f"{_FILE}.partial"
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            save_file(tensors, partial, metadata={_REST: json.dumps(rest)})
            partial.replace(folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return the checkpoint in a folder; None if there is none that can be read."""
        path = folder / _FILE
        if not path.exists():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                rest = json.loads(file.metadata()[_REST])
                names = file.keys()
                return cls(**_with_tensors(rest, {name: file.get_tensor(name) for name in names}))
        except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
            logger.warning("the checkpoint %s cannot be read, so the training starts anew: %s", path, error)
            return None


def _without_tensors(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Return nested dictionaries and lists as JSON has them; tensors are moved to a dictionary."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().contiguous()
        return {"tensor": name}
    if isinstance(value, Mapping):  # As pairs, because keys may be numbers.
        return {"items": [[key, _without_tensors(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_without_tensors(item, tensors) for item in value]
    return value


def _with_tensors(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_with_tensors(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        return tensors[value["tensor"]]
    return {key: _with_tensors(item, tensors) for key, item in value["items"]}
