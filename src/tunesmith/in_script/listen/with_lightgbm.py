"""LightGBM: the evaluations of each iteration of `train` and `cv`, and of the classes that use them."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .heard import Heard


def attach(module: ModuleType, heard: Heard) -> None:
    """Give each training of `lightgbm.engine` a callback that hears."""

    def listener(environment: Any) -> None:
        with contextlib.suppress(Exception):
            results = environment.evaluation_result_list or ()
            values = {f"{result[0]} {result[1]}": result[2] for result in results}
            heard.record("lightgbm", values, step=environment.iteration + 1)

    listener.order = 0  # type: ignore[attr-defined]

    def listened(train: Any) -> Any:
        @functools.wraps(train)
        def run(*args: Any, **keywords: Any) -> Any:
            with contextlib.suppress(Exception):
                if len(args) <= _position(train, "callbacks"):
                    keywords["callbacks"] = [*(keywords.get("callbacks") or ()), listener]
            return train(*args, **keywords)

        return run

    for name in ("train", "cv"):
        setattr(module, name, listened(getattr(module, name)))


def _position(function: Any, name: str) -> int:
    code = function.__code__
    return list(code.co_varnames[: code.co_argcount]).index(name)
