"""A worker of a pool keeps the supervisor of its trials between two of them, with the user's code loaded."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.util import Finalize

from . import ProcessExecutor

_IDLE_SECONDS = 20.0
"""How long a supervisor waits for the next trial before it ends and frees its memory."""


@contextmanager
def supervisor(executor: ProcessExecutor, purpose: object) -> Iterator[ProcessExecutor]:
    """Lend an open executor for one trial.

    Args:
        executor: The executor to open, unless an equal one that was opened for the same purpose waits.
        purpose: What distinguishes one run of one study. If None, the executor is for this trial alone.

    Yields:
        The executor. If the block raises, it is closed, and its trial is killed.
    """
    if purpose is None:
        with executor:
            executor.open(_ignore_report)
            yield executor
        return
    standby = _standby(os.getpid())
    lent = standby.take(executor, purpose)
    if lent is None:
        lent = executor
        lent.open(_ignore_report)
    try:
        yield lent
    except BaseException:
        _close(lent)
        raise
    standby.keep(lent, purpose)


def close_waiting() -> None:
    """Close the executors of this process that wait for a trial."""
    _standby(os.getpid()).close()


class _Standby:
    """The open executors of this process that wait for a trial."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[ProcessExecutor, object, threading.Timer]] = []
        Finalize(None, self.close, exitpriority=100)  # Workers of multiprocessing end without the functions of atexit.

    def take(self, like: ProcessExecutor, purpose: object) -> ProcessExecutor | None:
        """Return a waiting executor, or None; those of other purposes are closed."""
        with self._lock:
            fit = [entry for entry in self._waiting if entry[:2] == (like, purpose)]
            unfit = [entry for entry in self._waiting if entry[:2] != (like, purpose)]
            self._waiting = fit[1:]
        for _, _, timer in [*fit[:1], *unfit]:
            timer.cancel()
        for executor, _, _ in unfit:
            _close(executor)
        return fit[0][0] if fit else None

    def keep(self, executor: ProcessExecutor, purpose: object) -> None:
        """Let an executor wait for the next trial, but not for long."""
        timer = threading.Timer(_IDLE_SECONDS, self._drop, [executor])
        timer.daemon = True
        with self._lock:
            self._waiting.append((executor, purpose, timer))
        timer.start()

    def close(self) -> None:
        """Close all that wait."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for executor, _, timer in waiting:
            timer.cancel()
            _close(executor)

    def _drop(self, executor: ProcessExecutor) -> None:
        with self._lock:
            left = [entry for entry in self._waiting if entry[0] is not executor]
            waited = len(left) < len(self._waiting)
            self._waiting = left
        if waited:
            _close(executor)


@lru_cache
def _standby(pid: int) -> _Standby:
    """Return that of this process; a fork gets one of its own."""
    return _Standby()


def _ignore_report(number: int, attempt: int, step: int, metrics: object) -> None:
    """Do nothing: the study reads reports from the trial's folder."""


def _close(executor: ProcessExecutor) -> None:
    executor.__exit__(None, None, None)
