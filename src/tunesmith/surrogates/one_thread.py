"""Linear algebra on one thread.

With a few hundred trials, several threads wait for each other longer than they compute: beside busy cores, 100
proposals took 3 processor seconds on one thread and 8 to 70 on two. Their rounding differs, too, so that the same seed
would not give the same study on another machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")

_lock = threading.RLock()  # The limit applies to the whole process: the first call to end must not lift it for others.


def on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function whose linear algebra runs on one thread, and which restores the limit afterwards."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _lock, _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@cache
def _controller() -> ThreadpoolController:
    """Return the controller of all loaded libraries, including SciPy's own."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
