"""Hears the metrics that a script logs with a library, and appends them to a file as reports.

Nothing is imported for it: a library's functions are wrapped as the script imports that library. Each call is passed on
unchanged, and what goes wrong here is dropped. Of several processes of one training the first is heard.

One module a library, with a function `attach`, called with a module of the library and what hears.
"""

from __future__ import annotations

import importlib

from ..on_import import on_import

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from .heard import Heard

_LIBRARIES = {
    "lightgbm.engine": "with_lightgbm",
    "xgboost.callback": "with_xgboost",
    "keras.src.callbacks.callback_list": "with_keras",
    "tf_keras.src.callbacks": "with_keras",
    "keras.callbacks": "with_keras",
    "transformers.trainer": "with_transformers",
    "lightning.pytorch.trainer.trainer": "with_lightning",
    "pytorch_lightning.trainer.trainer": "with_lightning",
    "wandb.sdk.wandb_run": "with_wandb",
    "wandb.sdk.wandb_init": "with_wandb",
    "wandb.sdk.lib.noop_run": "with_wandb",
    "mlflow.tracking.fluent": "with_mlflow",
    "mlflow.tracking.client": "with_mlflow",
    "torch.utils.tensorboard.writer": "with_tensorboard",
    "tensorboardX.writer": "with_tensorboard",
}
"""The module that attaches to each module of a library."""


def start(path: str, metrics: Sequence[str] | None = None, inherited: Mapping[str, str] | None = None) -> None:
    """Append what the script logs to a file, one JSON object a line: `{"step": 3, "val_loss": 0.31}`.

    Args:
        path: The file.
        metrics: The metrics that the study needs, whose calls alone are written, under these names; None writes all.
        inherited: The `launch_variables` of the trial's own environment.
    """
    heard: list[Heard] = []

    def attach_with(name: str) -> Callable[[ModuleType], None]:
        def attach(module: ModuleType) -> None:
            if not heard:
                from .heard import Heard  # Only now: most scripts start without it.

                heard.append(Heard(path, metrics, inherited or {}))
            importlib.import_module(f"{__name__}.{name}").attach(module, heard[0])

        return attach

    for module, name in _LIBRARIES.items():
        on_import(module, attach_with(name))
