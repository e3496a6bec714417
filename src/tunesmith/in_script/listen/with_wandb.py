"""Weights & Biases: `wandb.log` and `run.log`, also where it is disabled."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

from .calls import note_calls

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .heard import Heard


def attach(module: ModuleType, heard: Heard) -> None:
    """Hear the runs of `wandb.sdk.wandb_run`, and those without methods that `wandb.sdk.wandb_init` makes."""

    def note(data: Any, step: Any = None, *_: Any, **__: Any) -> None:
        heard.record("wandb", data, step=step)

    if module.__name__.endswith("wandb_run"):
        note_calls(module.Run, "log", lambda run, *args, **keywords: note(*args, **keywords))
        return
    original = module.init

    @functools.wraps(original)
    def init(*args: Any, **keywords: Any) -> Any:
        run = original(*args, **keywords)
        own = getattr(run, "__dict__", {}).get("log")
        if own is not None and not hasattr(own, "__wrapped__"):  # A disabled run has a function of its own.
            note_calls(run, "log", note)
            wandb = sys.modules.get("wandb")
            if wandb is not None and getattr(wandb, "log", None) is own:
                vars(wandb)["log"] = run.log
        return run

    module.init = init  # type: ignore[attr-defined]
