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

    def note(container: Any, model: Any, epoch: int, *_: Any, **__: Any) -> None:
        values = {
            f"{data}-{metric}": history[-1]
            for data, metrics in container.history.items()
            for metric, history in metrics.items()
        }
        # Cross-validation has a mean and a deviation.
        means = {name: value[0] if isinstance(value, tuple) else value for name, value in values.items()}
        heard.record("xgboost", means, step=epoch + 1)

    note_calls(module.CallbackContainer, "after_iteration", note, afterwards=True)
