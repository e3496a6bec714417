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
    """Give each trainer a callback that hears, in each process in which it runs."""
    original = module.Trainer._run
    listener = _listener_class(module, heard)

    @functools.wraps(original)
    def run(self: Any, *args: Any, **keywords: Any) -> Any:
        with contextlib.suppress(Exception):
            if not any(isinstance(own, listener) for own in self.callbacks):
                self.callbacks.append(listener())
                heard.trainer = "lightning"
        return original(self, *args, **keywords)

    module.Trainer._run = run


def _listener_class(module: ModuleType, heard: Heard) -> Any:
    """Return a class of callbacks. It derives from the library's own, which is not imported before."""
    base: Any = next(cls for cls in (getattr(module, "Callback", None), _base_of(module)) if cls is not None)

    class Listener(base):  # type: ignore[misc]
        """Hears a trainer's metrics: those of training at the end of an epoch, others where they are measured."""

        def __init__(self) -> None:
            self.training: set[str] = set()
            self.others: set[str] = set()

        def __reduce__(self) -> Any:
            return base, ()  # A pickled trainer must also load where this class does not exist.

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

    return Listener


def _base_of(module: ModuleType) -> Any:
    import importlib

    package = module.__name__.rpartition(".trainer.trainer")[0]
    return importlib.import_module(f"{package}.callbacks.callback").Callback
