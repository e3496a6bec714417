"""Gives the script an edited copy of a file under the file's own name.

Whoever reads the original gets the copy: `import`, `open`, `pathlib`, `os.open`, and Python itself, which runs a script
through `script.py`. Nothing else changes: a module's `__file__`, its traceback, its neighbours, and the file for
whoever writes to it. Compiled bytecode of the original is neither used nor written.

Files that a library reads in C, and those that a process without Python reads, are not replaced. The settings may name
a file to which each process adds the copies that it has read, so that this is noticed.
"""

from __future__ import annotations

import builtins
import io
import os
import sys
from importlib.machinery import SourceFileLoader

from .copies import Copies
from .script import run_copy

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def start(files: Mapping[str, str], seen: str | None = None) -> None:
    """Give this process the copies of some files in place of the originals.

    Args:
        files: The absolute path of each copy by that of its original.
        seen: A file to which each process adds the paths of the copies that it has read.
    """
    copies = Copies(files, seen)
    _open_copies(copies)
    _import_copies(copies)
    script = sys.argv[0] if getattr(sys, "argv", None) else ""
    if copies.of(script) is not None:
        run_copy(copies)


class _Function:
    """A function that takes another one's place, and like a built-in one becomes no method as a class's attribute."""

    def __init__(self, original: Callable[..., Any], module: str, copies: Copies) -> None:
        self._original = original
        self._copies = copies
        self.__name__ = original.__name__
        self.__qualname__ = original.__qualname__
        self.__module__ = module  # Not `_io` or `posix`, where pickle would find the original.
        self.__doc__ = original.__doc__
        self.__wrapped__ = original

    def __reduce__(self) -> str:
        return self.__name__  # It is pickled by its name, as the original.

    def __repr__(self) -> str:
        return repr(self._original)


class _Open(_Function):
    """`open`, which is also `io.open`. The file has the name under which it was opened."""

    def __call__(self, file: Any, mode: Any = "r", *rest: Any, **keywords: Any) -> Any:
        if isinstance(mode, str) and not isinstance(file, int):
            if {"w", "a", "x", "+"}.intersection(mode):
                self._copies.forget(file)
            elif (copy := self._copies.of(file)) is not None:
                return self._opened(copy, file, mode, rest, keywords)
        return self._original(file, mode, *rest, **keywords)

    def _opened(self, copy: str, file: Any, mode: str, rest: Sequence[Any], keywords: dict[str, Any]) -> Any:
        if len(rest) > 5:
            rest, keywords["opener"] = rest[:5], rest[5]
        opener = keywords.get("opener")
        if opener is None or getattr(opener, "__self__", None) is file:  # Up to Python 3.9, a path opens itself.
            opener = self._copies.open
        result = self._original(file, mode, *rest, **{**keywords, "opener": lambda _, flags: opener(copy, flags)})
        self._copies.note(copy)
        return result


class _OpenCode(_Function):
    """`io.open_code`, with which `runpy` and debuggers read a script."""

    def __call__(self, path: str) -> Any:
        return self._original(path) if self._copies.of(path) is None else open(path, "rb")


class _OpenDescriptor(_Function):
    """`os.open`."""

    def __call__(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if dir_fd is None and not isinstance(path, int) and isinstance(flags, int):
            if flags & _WRITES:
                self._copies.forget(path)
            elif (copy := self._copies.of(path)) is not None:
                descriptor = self._copies.open(copy, flags, mode)
                self._copies.note(copy)
                return descriptor
        return self._original(path, flags, mode, dir_fd=dir_fd)  # type: ignore[no-any-return]


def _open_copies(copies: Copies) -> None:
    original = io.open
    opened: Any = _Open(original, "io", copies)
    builtins.open = io.open = opened
    io.open_code = _OpenCode(io.open_code, "io", copies)
    os.open = _OpenDescriptor(os.open, "os", copies)
    accessor = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)
    if getattr(accessor, "open", None) is original:  # Python 3.10.
        accessor.open = opened  # type: ignore[union-attr]


def _import_copies(copies: Copies) -> None:
    get_code, get_data = SourceFileLoader.get_code, SourceFileLoader.get_data

    def code_of(self: SourceFileLoader, fullname: str) -> Any:
        path = self.get_filename(fullname)
        copy = copies.of_module(path)
        if copy is None:
            return get_code(self, fullname)
        return self.source_to_code(copies.read(copy), path)

    def data_of(self: SourceFileLoader, path: str) -> bytes:
        # What reads a module's source in this way compiles it into a file that would outlive the trial.
        copy = None if path.endswith((".py", ".pyc")) else copies.of_module(path)
        return get_data(self, path) if copy is None else copies.read(copy)

    SourceFileLoader.get_code = code_of  # type: ignore[assignment,method-assign]
    SourceFileLoader.get_data = data_of  # type: ignore[assignment,method-assign]
