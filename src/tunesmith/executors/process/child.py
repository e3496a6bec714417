"""Code that runs in the process of one trial, from its worker's fork to its end."""

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
from types import FrameType
from typing import NoReturn

from ...core.trial import TrialRequest
from ...execution.evaluation import evaluate, failed
from ...execution.leftovers import TRIAL_VARIABLE
from ...tasks.base import Task
from ...trial_folder.result import Result
from ...trial_folder.stop import raise_if_stopped
from .messages import send

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_C = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def adopt_orphans() -> bool:
    """Make this process the parent of every descendant whose own parent dies; Linux only.

    Returns:
        Whether it worked.
    """
    return _C is not None and _C.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


class _Terminated(BaseException):
    """Raised on SIGTERM, so that `finally` blocks of the trial run."""


def run_child(
    load: Callable[[], Task],
    request: TrialRequest,
    variables: Mapping[str, str],
    *,
    output: int,
    messages: int,
    close: Sequence[int],
) -> NoReturn:
    """Run a trial. Called right after the fork; never returns.

    Args:
        load: Returns the task; may import the user's code.
        request: The trial.
        variables: Environment variables that the executor has set, for the record.
        output: A pipe for everything that is printed.
        messages: A pipe for messages to the worker: `{"loaded": seconds}`, `{"step": .., "metrics": ..}`,
            and finally `{"result": ..}`.
        close: The worker's own file descriptors, which must not stay open here.
    """
    status = 1
    try:
        _set_up(request, output, close)
        send(messages, {"result": _run(load, request, variables, messages)})
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


def _set_up(request: TrialRequest, output: int, close: Sequence[int]) -> None:
    """Give the process a session, signal handlers, standard streams and an environment of its own."""
    worker = os.getppid()
    os.setsid()
    if _C is not None:
        _C.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != worker:  # the worker died before the call took effect
            os._exit(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminate)
    # Processes that the trial forks end at SIGTERM, as they do outside tunesmith.
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


def _run(load: Callable[[], Task], request: TrialRequest, variables: Mapping[str, str], messages: int) -> Result:
    lock = threading.Lock()

    def load_and_seed() -> Task:
        started = time.monotonic()
        task = load()
        send(messages, {"loaded": time.monotonic() - started})
        _seed(request.seed)
        return task

    def report(step: int, metrics: Mapping[str, float]) -> None:
        with lock:
            send(messages, {"step": step, "metrics": dict(metrics)})
        raise_if_stopped(request.folder)

    try:
        result = evaluate(load_and_seed, request, report, variables=variables)
    except KeyboardInterrupt:
        traceback.print_exc()
        result = failed("exception", "KeyboardInterrupt")
    _flush()
    return result


def _seed(seed: int) -> None:
    """Seed the global random generators, which would otherwise continue those of the worker in every fork."""
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
            continue  # closed or replaced by the trial
