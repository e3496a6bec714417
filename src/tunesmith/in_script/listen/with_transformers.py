"""Hugging Face Transformers: `Trainer.log`, which gets what training and evaluation measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import note_calls

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .heard import Heard


def attach(module: ModuleType, heard: Heard) -> None:
    """Hear the trainers of `transformers.trainer`."""

    def note(trainer: Any, logs: Any, *_: Any, **__: Any) -> None:
        if trainer.is_world_process_zero():
            heard.record("transformers", logs, epoch=trainer.state.epoch, step=trainer.state.global_step)

    note_calls(module.Trainer, "log", note)
