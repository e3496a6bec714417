"""Trackers on background threads: a slow, hanging or failing tracker never delays the study."""

from __future__ import annotations

import copy
import logging
import math
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import TypeVar

from ..errors import InputError, TunesmithError
from ..history.history import History
from ..journal.events import Event
from ..text.cleaning import short, without_passwords
from ..trackers.base import BufferedTracker, Tracker

log = logging.getLogger(__name__)

T = TypeVar("T")

QUEUE_EVENTS = 10_000
"""Events queued per tracker. A tracker that falls further behind is opened again with the history."""

CLOSE_SECONDS = 10.0
"""How long the end of a session waits for all trackers together."""

HANG_SECONDS = 60.0
"""A tracker's call that takes longer is reported, because it may hang."""

_POLL_SECONDS = 0.1  # Deliver events in groups: waking a thread for each slows the study down.
_RETRY_SECONDS = (0.0, 5.0, 20.0, 60.0, 300.0)  # By the number of consecutive failures.
_HEALTHY_SECONDS = 600.0  # The next failure after this time counts as the first.


class BackgroundTrackers:
    """Passes every event of a study to its trackers, each on its own daemon thread.

    Args:
        trackers: The trackers.
        history: The study's history.
        lock: Held while the history changes and `put` is called.
    """

    def __init__(self, trackers: Iterable[Tracker], history: History, lock: AbstractContextManager[bool]) -> None:
        self._threads = [_TrackerThread(tracker, history, lock) for tracker in trackers]

    def put(self, event: Event) -> None:
        """Queue the event that was just applied to the history, without blocking. Start the threads if needed."""
        for thread in self._threads:
            thread.put(event)

    def close(self) -> None:
        """Let the trackers finish within `CLOSE_SECONDS`. The next event opens them again."""
        deadline = time.monotonic() + CLOSE_SECONDS
        for thread in self._threads:
            thread.finish()
        for thread in self._threads:
            thread.join(deadline)


class _TrackerThread:
    """One tracker, its queue, and the thread that calls it."""

    def __init__(self, tracker: Tracker, history: History, lock: AbstractContextManager[bool]) -> None:
        self._tracker = tracker
        self._flush = tracker.flush if isinstance(tracker, BufferedTracker) else lambda: False
        module = type(tracker).__module__
        self._name = module.rpartition(".")[2] if module.startswith("tunesmith.trackers.") else type(tracker).__name__
        self._history = history
        self._history_lock = lock
        self._events: deque[tuple[int, Event]] = deque(maxlen=QUEUE_EVENTS)
        self._copy: History | None = None  # The tracker's own history; None until it is opened.
        self._was_opened = False
        self._thread: threading.Thread | None = None
        self._thread_lock = threading.Lock()  # Held while the thread decides to end.
        self._finishing = threading.Event()
        self._abandoned = False
        self._call_began: float | None = None
        self._recorded, self._record_seconds = 0, 0.0
        self._failures = 0
        self._failed_at = self._retry_at = -math.inf
        self._warned = False

    # -- called by the study ---------------------------------------------------------------------------------------

    def put(self, event: Event) -> None:
        if len(self._events) == QUEUE_EVENTS:
            self._warn(f"is more than {QUEUE_EVENTS:,} events behind the study")
        self._events.append((self._history.events_seen, event))
        if self._thread is None or self._finishing.is_set():
            self._start()
        elif (began := self._call_began) is not None and time.monotonic() - began > HANG_SECONDS:
            self._warn(f"has not returned from a call for {HANG_SECONDS:.0f} s")

    def _start(self) -> None:
        with self._thread_lock:
            self._abandoned = self._warned = False
            self._failures = 0
            self._retry_at = -math.inf
            self._finishing.clear()
            if self._thread is None:  # Otherwise a call of an earlier session still hangs.
                self._thread = threading.Thread(target=self._run, name=f"tracker {self._name}", daemon=True)
                self._thread.start()

    def finish(self) -> None:
        """Ask the thread to deliver the remaining events, and to end."""
        self._finishing.set()

    def join(self, deadline: float) -> None:
        """Wait for the thread until the deadline, in monotonic seconds, then abandon it."""
        if (thread := self._thread) is None:
            return
        if (began := self._call_began) is not None:  # A hanging call has used part of its time.
            deadline = min(deadline, began + CLOSE_SECONDS)
        problem = f"could not finish within {CLOSE_SECONDS:.0f} s of the end of the session"
        if len(self._events) * self._record_seconds > CLOSE_SECONDS * self._recorded:
            deadline, problem = -math.inf, "is too slow to catch up at the end of the session"
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            self._abandoned = True
            self._warn(problem)

    def _warn(self, problem: str) -> None:
        """Log a warning, once per session."""
        if not self._warned:
            self._warned = True
            log.warning(
                "tracker %s %s. The study does not wait for it; missed events are sent when it works again, "
                "or when the study is resumed.",
                self._name,
                problem,
            )

    # -- on the tracker's thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            finishing = self._finishing.wait(_POLL_SECONDS)
            attempts = 2 if finishing else int(time.monotonic() >= self._retry_at)
            while attempts and not self._attempt(self._deliver):
                attempts -= 1
            if finishing:
                if self._was_opened:
                    self._attempt(partial(self._call, self._tracker.close))
                self._copy, self._was_opened = None, False
                with self._thread_lock:
                    if self._finishing.is_set():
                        self._thread = None
                        return

    def _attempt(self, step: Callable[[], None]) -> bool:
        """Take a step unless an `InputError` has disabled the tracker; return whether it succeeded."""
        if self._retry_at == math.inf:
            return False
        try:
            step()
        except BaseException as error:  # Also sys.exit, which would end the thread silently.
            self._on_failure(error)
            return False
        return True

    def _on_failure(self, error: BaseException) -> None:
        """Schedule the next opening, with growing delays. Warn from the second consecutive failure on."""
        now = time.monotonic()
        self._copy = None
        self._failures = self._failures + 1 if now - self._failed_at < _HEALTHY_SECONDS else 1
        self._failed_at = now
        self._retry_at = now + _RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS)) - 1]
        if isinstance(error, InputError):
            self._retry_at = math.inf
        if self._failures > 1 or isinstance(error, InputError):
            kind = "" if isinstance(error, TunesmithError) else f"{type(error).__name__}: "
            self._warn(f"failed: {kind}{short(without_passwords(str(error)))}")
        log.debug("tracker %s failed:\n%s", self._name, without_passwords(traceback.format_exc()))

    def _deliver(self) -> None:
        """Deliver the queued events, and let the tracker flush its buffer."""
        history = self._copy or self._open()
        more = True
        while (self._events or more) and not self._abandoned:
            if not self._events:
                more = self._call(self._flush)
                continue
            more = True
            index, event = self._events.popleft()
            if index > history.events_seen + 1:  # The full queue dropped its oldest events.
                history = self._open()
            elif index > history.events_seen:  # The history already held earlier events when it was opened.
                history.apply(event)
                began = time.monotonic()
                self._call(partial(self._tracker.record, event))
                self._recorded += 1
                self._record_seconds += time.monotonic() - began

    def _open(self) -> History:
        with self._history_lock:
            history = self._history.snapshot()
            history.ledger = copy.deepcopy(history.ledger)  # A snapshot shares its ledger with the study.
        self._was_opened = True
        self._call(partial(self._tracker.open, history))
        self._copy = history
        return history

    def _call(self, step: Callable[[], T]) -> T:
        """Call the tracker, and record the time so that a hanging call is noticed."""
        self._call_began = time.monotonic()
        try:
            return step()
        finally:
            self._call_began = None
