"""Detects the start of training, and stops the script there."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import Any

_FUNCTIONS: Mapping[str, str] = {
    "torch.autograd": "backward",
    "torch.serialization": "save",
    "xgboost.training": "train",
    "lightgbm.engine": "train",
}
"""The modules with a function that only training calls."""


def hooks(begins: Callable[[], None]) -> dict[str, Callable[[ModuleType], None]]:
    """Return hooks by the module that each waits for.

    Args:
        begins: Called before the first step of training.
    """
    return {
        **{module: functools.partial(_hook, name=name, begins=begins) for module, name in _FUNCTIONS.items()},
        "sklearn.base": functools.partial(_hook_estimators, begins=begins),
    }


def _hook(module: ModuleType, name: str, begins: Callable[[], None]) -> None:
    setattr(module, name, _after(begins, getattr(module, name)))


def _after(begins: Callable[[], None], original: Any) -> Any:
    @functools.wraps(original)
    def call(*arguments: Any, **keywords: Any) -> Any:
        begins()
        return original(*arguments, **keywords)

    return call


def _hook_estimators(module: Any, begins: Callable[[], None]) -> None:
    """Hook into `fit` of the estimators that predict; one that only prepares data may be fitted before."""
    original = module._fit_context

    @functools.wraps(original)
    def fit_context(*arguments: Any, **keywords: Any) -> Any:
        decorate = original(*arguments, **keywords)

        def decorated(fit: Any) -> Any:
            inner = decorate(fit)

            @functools.wraps(fit)
            def wrapper(estimator: Any, *more: Any, **options: Any) -> Any:
                if hasattr(estimator, "predict"):
                    begins()
                return inner(estimator, *more, **options)

            return wrapper

        return decorated

    module._fit_context = fit_context
