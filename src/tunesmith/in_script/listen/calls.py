"""Functions and methods of libraries, wrapped so that each call is noted and passed on."""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_inside = threading.local()


def note_calls(owner: Any, name: str, note: Callable[..., None], *, afterwards: bool = False) -> None:
    """Replace a function or a method by one that notes each call and passes it on.

    Calls within a call are not noted: a trainer passes its metrics on to trackers under other names.

    Args:
        owner: The module, class or object that has it.
        name: Its name.
        note: Called with the same arguments; what it raises is dropped.
        afterwards: Whether to note a call once it has returned.
    """
    original = getattr(owner, name)

    @functools.wraps(original)
    def noted(*args: Any, **keywords: Any) -> Any:
        if getattr(_inside, "call", False):
            return original(*args, **keywords)
        if not afterwards:
            _note(note, args, keywords)
        _inside.call = True
        try:
            result = original(*args, **keywords)
        finally:
            _inside.call = False
        if afterwards:
            _note(note, args, keywords)
        return result

    setattr(owner, name, noted)


def _note(note: Callable[..., None], args: Any, keywords: Any) -> None:
    with contextlib.suppress(Exception):
        note(*args, **keywords)
