"""Run a session of a study, from its first trial to its last."""

from __future__ import annotations

import sys
from functools import partial
from types import FrameType

from ..engine.recorder import gc_paused
from ..errors import MachineFault, SetupFailed, StudyFailed
from ..history.history import History
from ..text.shell import command
from .coordinator import setup_failure
from .loop import Loop
from .signals import handled


def drive(loop: Loop) -> None:
    """Run a study until it ends or is interrupted.

    Raises:
        StudyFailed: Nothing worked; the message shows why. `SetupFailed` if that is not due to the training.
        MachineFault: The machine cannot run trials; those that could not run wait.
        KeyboardInterrupt: It was interrupted.
    """
    with handled(partial(_on_signal, loop)), loop.executor:
        try:
            loop.prepare()
            _start_first_trials(loop)
            with gc_paused():  # Importing LangGraph takes a second or two, while the first trials run.
                from .graph import Context, build

            # The budget ends a study, not LangGraph's limit on steps.
            end = build().invoke({}, context=Context(loop), config={"recursion_limit": sys.maxsize})
        except BaseException as error:
            loop.abandon(error)
            raise
    if loop.interrupted:
        raise KeyboardInterrupt
    if loop.machine_fault:
        remedy = "then run the same command again. No trial is lost."
        raise MachineFault(f"The study stopped, and {loop.machine_fault}; {remedy}")
    if end["failed"]:
        raise _failure(loop.history, end["stop"])


def _start_first_trials(loop: Loop) -> None:
    """Fill the slots, unless the study must stop or a role is due: the graph handles both."""
    if not loop.coordinator.is_due(loop.history) and not (step := loop.coordinate()).stop:
        loop.start_trials(loop.free_slots(step.room))


def _on_signal(loop: Loop, number: int, frame: FrameType | None) -> None:
    """Let the first Ctrl-C, SIGTERM or SIGHUP end the study in order, and a second one at once.

    Only an exception can stop a trial in this process. None is raised while an event is recorded or the
    session closed, nor where it would be lost.
    """
    is_second = loop.interrupted
    loop.interrupt()
    if _is_in_callback(frame):
        return
    if (is_second or loop.runs_inline) and not loop.is_closing and not loop.engine.recorder.is_recording:
        loop.is_closing = not loop.runs_inline
        raise KeyboardInterrupt


def _is_in_callback(frame: FrameType | None) -> bool:
    """Tell whether the import system forgets the lock of a module: Python prints and drops what is raised in there."""
    code = None if frame is None else frame.f_code
    return code is not None and (code.co_filename, code.co_name) == ("<frozen importlib._bootstrap>", "cb")


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
    if history.folder is not None and history.sessions[-1].study.get("source"):
        lines.append(f"To run it alone: {command('tunesmith', 'reproduce', history.folder, shown.number)}")
    return SetupFailed("\n".join(lines))
