"""XGBoost: the evaluations of each iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import note_calls

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .heard import Heard


def attach(module: ModuleType, heard: Heard) -> None:
    """Hear the container of callbacks that each training has."""

    def note(container: Any, score: Any, epoch: int) -> None:
        # Cross-validation has a mean and a deviation.
        heard.record("xgboost", {entry[0]: entry[1] for entry in score}, step=epoch + 1)

    # Called with each iteration's evaluations before the script's own callbacks, which may log them, too.
    note_calls(module.CallbackContainer, "_update_history", note)
