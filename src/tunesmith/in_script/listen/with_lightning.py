"""Lightning: `self.log`, as the trainer's metrics at the end of each validation, epoch and test."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .heard import Heard


def attach(module: ModuleType, heard: Heard) -> None:
    """Give each trainer a callback that hears."""
    original = module.Trainer.__init__
    callback = _callback(module, heard)

    @functools.wraps(original)
    def init(self: Any, *args: Any, **keywords: Any) -> None:
        original(self, *args, **keywords)
        with contextlib.suppress(Exception):
            if not any(isinstance(own, type(callback)) for own in self.callbacks):
                self.callbacks.append(callback)
                heard.trainer = "lightning"

    module.Trainer.__init__ = init


def _callback(module: ModuleType, heard: Heard) -> Any:
    """Return a callback; its class derives from the library's own."""
    base = next(cls for cls in (getattr(module, "Callback", None), _base_of(module)) if cls is not None)

    class Listener(base):  # type: ignore[misc, valid-type]
        """Hears a trainer's metrics: those of training at the end of an epoch, others where they are measured."""

        def __init__(self) -> None:
            self.training: set[str] = set()
            self.others: set[str] = set()

        def on_validation_end(self, trainer: Any, *_: Any) -> None:
            with contextlib.suppress(Exception):
                names = set(trainer.callback_metrics) - self.training
                self.others |= names
                self.record(trainer, names)

        def on_train_epoch_end(self, trainer: Any, *_: Any) -> None:
            with contextlib.suppress(Exception):
                names = set(trainer.callback_metrics) - self.others
                self.training |= names
                self.record(trainer, names)

        on_test_end = on_validation_end

        def record(self, trainer: Any, names: set[str]) -> None:
            if trainer.is_global_zero and not trainer.sanity_checking:
                metrics = {name: value for name, value in trainer.callback_metrics.items() if name in names}
                # Within an epoch, that one is not counted yet.
                epochs = trainer.current_epoch + (str(getattr(trainer.state.fn, "value", "fit")) == "fit")
                heard.record("lightning", metrics, epoch=epochs, step=trainer.global_step)

    return Listener()


def _base_of(module: ModuleType) -> Any:
    import importlib

    package = module.__name__.rpartition(".trainer.trainer")[0]
    return importlib.import_module(f"{package}.callbacks.callback").Callback
