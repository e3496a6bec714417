"""TensorBoard: `SummaryWriter.add_scalar` of PyTorch and of tensorboardX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import note_calls

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .heard import Heard


def attach(module: ModuleType, heard: Heard) -> None:
    """Hear the writers of a module."""

    def note(writer: Any, tag: str, scalar_value: Any, global_step: Any = None, *_: Any, **__: Any) -> None:
        heard.record("tensorboard", {tag: scalar_value}, step=global_step)

    def note_several(
        writer: Any, main_tag: str, tag_scalar_dict: Any, global_step: Any = None, *_: Any, **__: Any
    ) -> None:
        heard.record("tensorboard", {main_tag: dict(tag_scalar_dict)}, step=global_step)

    note_calls(module.SummaryWriter, "add_scalar", note)
    note_calls(module.SummaryWriter, "add_scalars", note_several)
