"""Functions and methods of libraries, wrapped so that each call is noted and passed on."""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Active(threading.local):
    """The libraries whose calls are running in this thread."""

    libraries: frozenset[str] = frozenset()


_active = _Active()


def note_calls(owner: Any, name: str, note: Callable[..., None]) -> None:
    """Replace a function or a method by one that notes each call and passes it on.

    Calls within a call of the same library are not noted: its functions call each other. Those of another library are,
    since a trainer runs callbacks of the user.

    Args:
        owner: The module, class or object that has it.
        name: Its name.
        note: Called with the same arguments; what it raises is dropped.
    """
    original = getattr(owner, name)
    library = str(original.__module__).partition(".")[0]

    @functools.wraps(original)
    def noted(*args: Any, **keywords: Any) -> Any:
        libraries = _active.libraries
        if library in libraries:
            return original(*args, **keywords)
        with contextlib.suppress(Exception):
            note(*args, **keywords)
        _active.libraries = libraries | {library}
        try:
            return original(*args, **keywords)
        finally:
            _active.libraries = libraries

    setattr(owner, name, noted)
