"""The signals that end a program: Ctrl-C, SIGTERM, and SIGHUP from a terminal that was closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

INTERRUPTED = 130
"""The exit status of a program that was interrupted."""
_LINE = "tunesmith: interrupted. Run the same command again to continue."

Handler = Callable[[int, FrameType | None], Any] | signal.Handlers


def handle(handler: Handler) -> dict[signal.Signals, Any]:
    """Handle these signals, except those that are ignored, as under `nohup`, and return their earlier handlers.

    Only a main thread can do so; elsewhere nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    earlier = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    taken = {number: old for number, old in earlier.items() if old not in (signal.SIG_IGN, None)}
    for number in taken:
        signal.signal(number, handler)
    return taken


@contextmanager
def handled(handler: Handler) -> Iterator[None]:
    """Handle these signals, as `handle` does, within a `with` block."""
    earlier = handle(handler)
    try:
        yield
    finally:
        for number, old in earlier.items():
            signal.signal(number, old)


def say_interrupted(line: str = _LINE) -> None:
    """Print a line on standard error, if it is still there: a closed terminal is gone."""
    with suppress(OSError):
        os.write(2, f"{line}\n".encode())


def leave(number: int, frame: FrameType | None) -> None:
    """End this process at once, with one line.

    For a program that has nothing to lose yet: an exception in the middle of an import turns into whatever that library
    makes of it, up to a crash.
    """
    say_interrupted()
    os._exit(INTERRUPTED)


def interrupt(number: int, frame: FrameType | None) -> Any:
    """Raise `KeyboardInterrupt` once: another signal must not interrupt what ends the processes and jobs."""
    handle(signal.SIG_IGN)
    raise KeyboardInterrupt
