"""Keras: what `fit` and `evaluate` measure, at the end of each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import note_calls

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .heard import Heard


def attach(module: ModuleType, heard: Heard) -> None:
    """Hear the list of callbacks that each training has."""

    def note(callbacks: Any, epoch: int, logs: Any = None) -> None:
        heard.record("keras", dict(logs or {}), epoch=epoch + 1)

    if not hasattr(module.CallbackList.on_epoch_end, "__wrapped__"):
        note_calls(module.CallbackList, "on_epoch_end", note)
