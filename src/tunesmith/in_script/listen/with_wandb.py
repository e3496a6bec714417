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
    """Hear the runs of `wandb.sdk.wandb_run`, and disabled ones, which have functions of their own."""

    def note(data: Any, step: Any = None, *_: Any, **__: Any) -> None:
        heard.record("wandb", data, step=step)

    def note_run(run: Any, *args: Any, **keywords: Any) -> None:
        note(*args, **keywords)

    if module.__name__.endswith("wandb_run"):
        note_calls(module.Run, "log", note_run)
    elif module.__name__.endswith("noop_run"):
        note_calls(module.NoopRun, "log", note_run)
    else:
        _hear_older_disabled_runs(module, note)


def _hear_older_disabled_runs(module: ModuleType, note: Any) -> None:
    """Hear runs that get their functions as `wandb.init` makes them."""
    original = module.init

    @functools.wraps(original)
    def init(*args: Any, **keywords: Any) -> Any:
        run = original(*args, **keywords)
        own = getattr(run, "__dict__", {}).get("log")
        if own is not None:
            note_calls(run, "log", note)
            wandb = sys.modules.get("wandb")
            if wandb is not None and getattr(wandb, "log", None) is own:
                vars(wandb)["log"] = run.log
        return run

    module.init = init  # type: ignore[attr-defined]
