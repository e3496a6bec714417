"""Functions of Python itself, replaced by ones that behave like built-in functions."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


def substitute(module: ModuleType, name: str, make: Callable[[Any], Callable[..., Any]]) -> None:
    """Replace a function of a module, also where pathlib keeps a reference to it, up to Python 3.10.

    Args:
        module: The module.
        name: The function's name.
        make: Called with the function; returns what takes its place.
    """
    original = getattr(module, name)
    function = _Function(original, module.__name__, name, make(original))
    setattr(module, name, function)
    accessor = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)
    for attribute, value in list(vars(accessor).items()) if accessor is not None else ():
        if value is original:
            setattr(accessor, attribute, function)


class _Function:
    """A function in another one's place. Like a built-in one, it does not become a method as a class's attribute."""

    def __init__(self, original: Any, module: str, name: str, call: Callable[..., Any]) -> None:
        self._original = original
        self._name = name
        self._call = call
        self.__module__ = module  # Not `_io` or `posix`, where pickle would find the original.
        self.__doc__ = original.__doc__
        self.__wrapped__ = original

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self._call(*args, **keywords)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def __reduce__(self) -> str:
        return self._name  # It is pickled by its name, as the original.

    def __eq__(self, other: object) -> bool:  # It is found in `os.supports_dir_fd`, as the original.
        return other is self or other is self._original

    def __hash__(self) -> int:
        return hash(self._original)

    def __repr__(self) -> str:
        return repr(self._original)
