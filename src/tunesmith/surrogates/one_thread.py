"""Linear algebra on one thread: of a few hundred trials, several threads wait longer for each other than they compute.

They also round differently, so that the same seed would not give the same study on another machine. (Measured beside
busy cores: 100 proposals took 3 processor seconds on one thread, and 8 to 70 on two.)
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

_turn = threading.RLock()  # The setting is of the whole process: who is done first must not undo it for others.


def on_one_thread(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Return a function that does its linear algebra on one thread, and leaves the setting as it was."""

    @wraps(function)
    def limited(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
        with _turn, _libraries().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@cache
def _libraries() -> ThreadpoolController:
    """Return those that are loaded; SciPy brings one of its own."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
