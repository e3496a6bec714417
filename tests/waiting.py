"""The one way in which tests wait: for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str = "", *, seconds: float = 60.0, poll_seconds: float = 0.02) -> T:
    """Poll a condition and return its first true value.

    Args:
        condition: Is called until it returns a true value.
        what: What is waited for, for the message of a failure.
        seconds: The longest wait, after which the test fails. Generous, as it costs nothing while tests pass.
        poll_seconds: The time between two calls.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what or 'a condition'}"
        time.sleep(poll_seconds)
    return value
