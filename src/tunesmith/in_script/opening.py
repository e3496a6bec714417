"""Redirects files that Python opens: `open`, `io.open`, `io.open_code`, `os.open`, and with them pathlib."""

from __future__ import annotations

import builtins
import io
import os

from .functions import substitute

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
"""The flags of `os.open` that stand for writing."""
_FLAGS = {
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "x": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "+": os.O_RDWR,
}


def redirect_opening(redirect: Callable[[Any, int], str | None]) -> None:
    """Open another file wherever a function names one. The file object keeps the name under which it was opened.

    Args:
        redirect: Called with each path and the flags of `os.open`. Returns the path to open instead, or None.
    """
    open_descriptor = os.open

    def make_open(original: Any) -> Any:
        def open(file: Any, mode: Any = "r", *rest: Any, **keywords: Any) -> Any:
            is_path = isinstance(mode, str) and not isinstance(file, int)
            path = redirect(file, _flags(mode)) if is_path else None
            if path is None:
                return original(file, mode, *rest, **keywords)
            if len(rest) > 5:
                rest, keywords["opener"] = rest[:5], rest[5]
            opener = keywords.get("opener")
            if opener is None or getattr(opener, "__self__", None) is file:  # Up to Python 3.9, a path opens itself.
                opener = open_descriptor
            return original(file, mode, *rest, **{**keywords, "opener": lambda _, flags: opener(path, flags)})

        return open

    def make_open_code(original: Any) -> Any:
        def open_code(path: str) -> Any:
            return original(path) if redirect(path, os.O_RDONLY) is None else open(path, "rb")

        return open_code

    def make_open_descriptor(original: Any) -> Any:
        def open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> Any:
            if dir_fd is None and isinstance(flags, int) and not isinstance(path, int):
                path = redirect(path, flags) or path
            return original(path, flags, mode, dir_fd=dir_fd)

        return open

    substitute(io, "open", make_open)
    builtins.open = io.open
    substitute(io, "open_code", make_open_code)
    substitute(os, "open", make_open_descriptor)


def _flags(mode: str) -> int:
    flags = os.O_RDONLY
    for letter in mode:
        flags |= _FLAGS.get(letter, 0)
    return flags
