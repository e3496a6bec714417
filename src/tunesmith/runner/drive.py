"""Run a session of a study, from its first trial to its last."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ..engine.recorder import gc_paused
from ..errors import SetupFailed, StudyFailed
from ..history.history import History
from .coordinator import setup_failure
from .loop import Loop


def drive(loop: Loop) -> None:
    """Run a study until it ends or is interrupted.

    Raises:
        StudyFailed: Nothing worked; the message shows why. `SetupFailed` if that is not due to the training.
        KeyboardInterrupt: It was interrupted.
    """
    with loop.executor, _interruptible(loop):
        loop.prepare()
        _start_first_trials(loop)
        with gc_paused():  # Importing LangGraph takes a second or two, while the first trials run.
            from .graph import Context, build

        # The budget ends a study, not LangGraph's limit on steps.
        end = build().invoke({}, context=Context(loop), config={"recursion_limit": sys.maxsize})
    if loop.interrupted:
        raise KeyboardInterrupt
    if end["failed"]:
        raise _failure(loop.history, end["stop"])


def _start_first_trials(loop: Loop) -> None:
    """Fill the slots, unless the study must stop or a role is due: the graph handles both."""
    if not loop.coordinator.is_due(loop.history) and not (step := loop.coordinate()).stop:
        loop.start_trials(loop.free_slots(step.room))


@contextmanager
def _interruptible(loop: Loop) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM end the study in order, and a second one at once.

    Only the signal itself can stop a trial in this process, so there the first one raises `KeyboardInterrupt`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        if loop.interrupted or loop.executor.capabilities.in_process:
            loop.interrupted = True
            raise KeyboardInterrupt
        loop.interrupt()

    previous: dict[int, Any] = {n: signal.signal(n, on_signal) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _failure(history: History, reason: str) -> StudyFailed:
    """Return the error of a failed study: the reason, the failure that shows it, the end of its log, and the remedy."""
    failed = [trial for trial in history.trials if trial.failure is not None]
    in_setup = setup_failure(history) is not None
    shown = failed[0 if in_setup else -1] if failed else None
    if shown is None or shown.failure is None:
        remedy = "No trial has a result. Allow more time or more trials, and run the same command again."
        return StudyFailed(f"The study stopped: {reason}. {remedy}")
    lines = [f"The study stopped: {reason}. Trial {shown.number}: {shown.failure.reason}"]
    if shown.failure.log_tail:
        tail = "\n".join(f"    {line}" for line in shown.failure.log_tail.splitlines())
        lines.append(f"The end of its log:\n{tail}")
    if not in_setup:
        lines.append("Fix the cause and run the same command again, which also retries the failed trials.")
        return StudyFailed("\n".join(lines))
    lines.append("Fix the script or its settings and run the same command again, which also retries trial 0.")
    if history.folder is not None:
        lines.append(f"To run it alone: tunesmith reproduce {shlex.quote(str(history.folder))} {shown.number}")
    return SetupFailed("\n".join(lines))
