"""The recorder of a study: each event goes to the journal, the history and the trackers."""

from __future__ import annotations

import gc
import logging
import os
import platform
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import orjson

from .. import __version__
from ..errors import InputError, JournalError, TunesmithError
from ..history.history import History
from ..journal import records
from ..journal.events import Event, SessionClosed, SessionOpened, StudyCreated, from_line, to_line
from ..journal.file import JOURNAL_FORMAT, JOURNAL_NAME, FileJournal
from ..trackers.base import Tracker
from .background_trackers import BackgroundTrackers

log = logging.getLogger(__name__)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause cyclic garbage collection. Replay only allocates, and collection takes a fifth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Recorder:
    """Writes events to the journal, applies them to the history and passes them to observers and trackers.

    Threads and processes take turns: `exclusive` locks the folder for one step, and first applies what other processes
    have journaled; `hold` locks it for a whole run. The folder's journal is read on construction without a lock, so
    that a study can be viewed while another process runs it.

    Args:
        history: Empty; receives the events of the folder's journal.
        study: The study's specification, as plain JSON; journaled on creation and at the start of each session.
        identity: The part of it that no later session may change.
        trackers: Receive every event, in the background.

    Attributes:
        observers: Called with every new event and the history, under the lock; they must return at once, and wait for
            no other thread.
        lock: Held while an event is written and applied, never for longer: threads that wait for a language model
            journal its cost from another thread.

    Raises:
        InputError: The folder holds another study.
        JournalError: The folder's journal cannot be read.
    """

    def __init__(
        self,
        history: History,
        *,
        study: Mapping[str, Any],
        identity: Mapping[str, Any],
        trackers: Iterable[Tracker] = (),
    ) -> None:
        self.history = history
        self.observers: list[Callable[[Event, History], None]] = []
        self._identity = orjson.loads(records.to_line(identity))
        self._study = study
        self._journal = None if history.folder is None else FileJournal(history.folder / JOURNAL_NAME)
        self._turn = threading.RLock()
        self.lock = threading.RLock()
        self._session_began: float | None = None
        self._locks = 0  # The nested uses of the journal's lock.
        self._holds = self._is_torn = self._is_copy = False
        self._recording_thread: int | None = None
        listed = tuple(trackers)
        self._trackers = BackgroundTrackers(listed, history, self.lock) if listed else None
        _recorders.add(self)
        self._catch_up()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Let no other thread or process change the study for one step, which begins with the present history.

        Raises:
            StudyLocked: Another process runs the study, or used it for too long.
            JournalError: The journal cannot be read or written.
        """
        with self._turn:
            self._lock()
            try:
                yield
            finally:
                self._unlock()

    def hold(self) -> None:
        """Lock the study until `close`. Other processes that want to change it are refused at once."""
        with self.lock:
            if not self._holds:
                self._lock()
                self._holds = True
                if self._journal is not None:
                    self._journal.show_as_running()

    def emit(self, *events: Event) -> None:
        """Journal events in one write, apply them to the history, and pass them on.

        What is applied is what a later process will read; an event that it could not apply is not written.

        Raises:
            StudyLocked: Another process is using the folder.
            TunesmithError: An event is not valid, or cannot follow the earlier ones; none was written.
            JournalError: The journal cannot be written; no event was applied.
        """
        with self.lock:
            outer, self._recording_thread = self._recording_thread, threading.get_ident()
            try:
                self._lock()
                try:
                    self._write(*events)
                finally:
                    self._unlock()
            finally:
                self._recording_thread = outer

    def _write(self, *events: Event) -> None:
        elapsed = None if self.elapsed is None else round(self.elapsed, 3)
        lines = [to_line(event if elapsed is None else replace(event, elapsed=elapsed)) for event in events]
        try:
            stored = [from_line(line) for line in lines]
        except ValueError as error:
            raise InputError(f"'{events[0].kind}' cannot be journaled: {error}") from None
        self.history.check(*stored)
        try:
            if self._journal is not None:
                self._journal.append(lines)
            for event in stored:
                self.history.add(event)
                if self._trackers is not None:
                    self._trackers.put(event)
                self._notify(event)
        except JournalError:  # Nothing was written.
            raise
        except BaseException:  # Ctrl-C; the next step reads the journal anew.
            self._is_torn = True
            raise

    @property
    def is_recording(self) -> bool:
        """Whether this thread is about to journal or apply an event, which a signal handler must not interrupt."""
        return self._recording_thread == threading.get_ident()

    def _notify(self, event: Event) -> None:
        for observer in list(self.observers):
            try:
                observer(event, self.history)
            except Exception:
                log.exception("%s failed and is not called again; the study continues", observer)
                self.observers.remove(observer)

    @property
    def elapsed(self) -> float | None:
        """Seconds since this process opened the session, whatever happens to the machine's clock; None without one."""
        return None if self._session_began is None else time.monotonic() - self._session_began

    def open_session(self) -> None:
        """Hold the study, and journal that this process runs it, and with which specification."""
        self.hold()
        self._session_began = time.monotonic()
        self.emit(
            SessionOpened(
                pid=os.getpid(),
                host=socket.gethostname(),
                python=platform.python_version(),
                version=__version__,
                study=self._study,
            )
        )

    def close_session(self, reason: str) -> None:
        """Journal that the session ends. The folder stays locked until `close`, as trials may still be ending."""
        self.emit(SessionClosed(reason=reason))
        self._session_began = None
        self.sync()

    def sync(self) -> None:
        """Return once every emitted event would survive a power cut."""
        if self._journal is not None and not self._journal.is_synced:
            with self.lock:
                self._lock()
                try:
                    self._journal.sync()
                finally:
                    self._unlock()

    def close(self) -> None:
        """Let the trackers finish, and release the folder."""
        try:
            self.sync()
            if self._trackers is not None:
                self._trackers.close()
        finally:
            with self.lock:
                self._session_began = None
                if self._holds:
                    self._holds = False
                    self._unlock()

    def _lock(self) -> None:
        """Lock the journal unless this process has locked it, apply what is new in it, and journal a new study."""
        if self._is_copy:
            raise InputError(
                "a study in memory must be used by the process that made it, but this is a forked one. Give the study "
                "a folder: then processes take turns."
            )
        with self.lock:
            if self._journal is not None and not self._locks:
                self._journal.lock()
            self._locks += 1
            try:
                self._catch_up()
                if not self.history.events_seen:
                    self._write(StudyCreated(format=JOURNAL_FORMAT, version=__version__, study=self._study))
            except BaseException:
                self._unlock()
                raise

    def _unlock(self) -> None:
        with self.lock:
            self._locks = max(0, self._locks - 1)  # A forked process starts at 0, possibly within a step.
            if self._journal is not None and not self._locks:
                self._journal.unlock()

    def _catch_up(self) -> None:
        """Apply the events that other processes appended; all anew if applying one was interrupted."""
        if self._journal is None or (self._locks > 1 and not self._is_torn):
            return
        if self._is_torn:
            self._journal.rewind()
            self.history.clear()
            self._is_torn = False
        with gc_paused():
            for event in self._journal.read():
                try:
                    if isinstance(event, StudyCreated):
                        self._check_identity(event)
                    elif not self.history.events_seen:
                        raise self._journal.refusal("the first one must be 'study_created'.")
                    self.history.apply(event)
                except InputError:
                    raise
                except TunesmithError as error:
                    raise self._journal.refusal(error) from None

    def _check_identity(self, created: StudyCreated) -> None:
        differing = [key for key, value in self._identity.items() if value != created.study.get(key)]
        if differing:
            raise InputError(
                f"a folder holds one study, but {self.history.folder} holds '{created.study.get('name')}' with another "
                f"{' and another '.join(differing)}. Choose another folder, or move this one away, "
                "as --fresh does.",
                keys=("study",),
            )

    def start_in_fork(self) -> None:
        """Make the copy of a forked process usable: the threads and the lock of its parent are not its own."""
        self._turn, self.lock = threading.RLock(), threading.RLock()
        self._locks, self._holds, self._trackers, self._session_began = 0, False, None, None
        if self._journal is None:
            self._is_copy = True
        else:
            self._journal.forget_lock()


class _Recorded(Protocol):
    @property
    def recorder(self) -> Recorder: ...


_Owner = TypeVar("_Owner", bound=_Recorded)
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def exclusively(
    step: Callable[Concatenate[_Owner, _Arguments], _Result],
) -> Callable[Concatenate[_Owner, _Arguments], _Result]:
    """Make a method of a recorder's owner one step; see `Recorder.exclusive`."""

    @wraps(step)
    def exclusive_step(self: _Owner, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        recorder = self.recorder
        with recorder._turn:  # As in `exclusive`, without the cost of a generator.
            recorder._lock()
            try:
                return step(self, *args, **kwargs)
            finally:
                recorder._unlock()

    return exclusive_step


_recorders: weakref.WeakSet[Recorder] = weakref.WeakSet()
_forking: list[Recorder] = []  # Those whose locks the thread that forks has acquired.
_fork_lock = threading.Lock()


def _before_fork() -> None:
    """Let no thread be in the middle of an event while this process forks."""
    _fork_lock.acquire()
    _forking[:] = _recorders
    for recorder in _forking:
        recorder.lock.acquire()


def _after_fork_in_parent() -> None:
    for recorder in _forking:
        recorder.lock.release()
    _forking.clear()
    _fork_lock.release()


def _after_fork_in_child() -> None:
    for recorder in _forking:
        recorder.start_in_fork()
    _forking.clear()
    _fork_lock.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
