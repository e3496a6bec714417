"""What happens in the process of one trial, between its worker's fork and its end."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from ...core.trial import TrialRequest
from ...errors import TrialPruned
from ...tasks.base import Task
from ...trial_folder.prepare import STOP_FILE, write_environment
from .._evaluation import Result, evaluate, failure
from .leftovers import TRIAL_VARIABLE
from .messages import send

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_C = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def adopt_orphans() -> bool:
    """Make this process the parent of every process below it whose own parent dies; Linux only.

    Returns:
        Whether it is so now.
    """
    return _C is not None and _C.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


class _Terminated(BaseException):
    """SIGTERM has come: unwind, so that the trial can put things in order."""


def run_child(
    load: Callable[[], Task],
    request: TrialRequest,
    variables: Mapping[str, str],
    *,
    output: int,
    messages: int,
    close: Sequence[int],
) -> NoReturn:
    """Be the process of one trial. Called right after the fork; never returns.

    Args:
        load: Gives the task; may import the user's code.
        request: The trial.
        variables: What the executor has set in the environment, for the record.
        output: A pipe for all that is printed.
        messages: A pipe for messages to the worker: `{"loaded": seconds}`, `{"step": .., "metrics": ..}`,
            and at last `{"result": ..}`.
        close: The worker's own file descriptors, which nothing here may hold open.
    """
    status = 1
    try:
        _become_a_trial(request, output, close)
        send(messages, {"result": _result(load, request, dict(variables), messages)})
        status = 0
    except _Terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            _flush()
        finally:
            os._exit(status)


def _become_a_trial(request: TrialRequest, output: int, close: Sequence[int]) -> None:
    worker = os.getppid()
    os.setsid()
    if _C is not None:
        _C.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != worker:  # it died before we asked to die with it
            os._exit(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminate)
    # Processes that the trial forks end at SIGTERM as they would anywhere else.
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    for descriptor in (null, output, *close):
        os.close(descriptor)
    os.environ[TRIAL_VARIABLE] = str(request.folder)
    os.environ["TUNESMITH_TRIAL_SEED"] = str(request.seed)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise _Terminated


def _result(load: Callable[[], Task], request: TrialRequest, variables: dict[str, str], messages: int) -> Result:
    try:
        started = time.monotonic()
        task = load()
        send(messages, {"loaded": time.monotonic() - started})
        _seed(request.seed)
        write_environment(task, request, variables)
    except Exception as error:
        traceback.print_exc()
        return failure("setup", f"the trial could not be made ready: {type(error).__name__}: {error}")
    try:
        result = evaluate(task, request, _reporter(request, messages))
    except KeyboardInterrupt:
        traceback.print_exc()
        result = failure("exception", "KeyboardInterrupt")
    _flush()
    return result


def _reporter(request: TrialRequest, messages: int) -> Callable[[int, Mapping[str, float]], None]:
    stop = f"{request.folder}/{STOP_FILE}"
    lock = threading.Lock()

    def report(step: int, metrics: Mapping[str, float]) -> None:
        with lock:
            send(messages, {"step": step, "metrics": dict(metrics)})
        if Path(stop).exists():
            raise TrialPruned("the study asked this trial to stop.")

    return report


def _seed(seed: int) -> None:
    """Give the global random generators the trial's seed: after a fork they would all continue the worker's."""
    random.seed(seed)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed % 2**32)
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(seed)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue  # the trial has closed or replaced it
