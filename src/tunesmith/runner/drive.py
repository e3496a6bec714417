"""Run a session of a study, from its first trial to its last."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ..core.trial import State
from ..engine.recorder import gc_paused
from ..errors import StudyFailed
from ..history.history import History
from .loop import Loop


def drive(loop: Loop) -> None:
    """Run a study until it ends or is interrupted.

    Raises:
        StudyFailed: Nothing worked; the message shows why.
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
        raise StudyFailed(_explanation(loop.history, end["stop"]))


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


def _explanation(history: History, reason: str) -> str:
    """Return why a study failed: the reason, the last failure, and the end of its log."""
    failed = [trial for trial in history.trials if trial.state is State.FAILED and trial.failure]
    if not failed or failed[-1].failure is None:
        return f"The study stopped: {reason}."
    failure = failed[-1].failure
    lines = [f"The study stopped: {reason}. Trial {failed[-1].number}: {failure.reason}"]
    if failure.log_tail:
        lines.append("The end of its log:\n" + "\n".join(f"    {line}" for line in failure.log_tail.splitlines()))
    lines.append("Fix the cause and run the same command again, which also retries the failed trials.")
    return "\n".join(lines)
