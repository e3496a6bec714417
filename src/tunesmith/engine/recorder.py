"""A study's journal and its history, kept in step: what is written is at once known."""

from __future__ import annotations

import gc
import logging
import os
import platform
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from .. import __version__
from ..errors import InputError
from ..history.history import History
from ..journal.base import Journal
from ..journal.events import Event, SessionClosed, SessionOpened, StudyCreated
from ..journal.file import JOURNAL_NAME, FileJournal, read_events
from ..journal.memory import MemoryJournal
from ..trackers.base import Tracker
from .background_trackers import BackgroundTrackers

log = logging.getLogger(__name__)

JOURNAL_FORMAT = 1


@contextmanager
def gc_paused() -> Iterator[None]:
    """Do without the collector of cyclic garbage for a moment in which much is made and nothing is dropped.

    Looking through all that is there, time and again, takes a fifth of the time of going on with a long study.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


class Recorder:
    """Writes events to the journal, plays them into the history and hands them to observers and trackers.

    The journal of a folder is read at once, but locked and written to only from the first event on, so that a study
    can be looked at while another process runs it.

    Args:
        history: Empty; filled with what the folder's journal holds.
        study: The study's specification, as plain JSON; journaled on creation and at the start of each session.
        identity: The part of it that no later session may change; compared with the journal's.
        trackers: Fed with every event, in the background.

    Attributes:
        observers: Called with every new event and the history, while the lock is held; they must return at once.
        lock: Held while events are written, and by whoever writes what follows from the history as it stands: what a
            language model costs, and what a person answers, is noted from other threads.

    Raises:
        InputError: The folder holds another study.
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
        self._identity = orjson.loads(orjson.dumps(identity, default=str))
        self._study = study
        self._journal: Journal | None = None
        self.lock = threading.RLock()
        self._trackers = BackgroundTrackers(trackers, history, self.lock)
        if self._path is not None:
            self._replay(read_events(self._path))

    @property
    def _path(self) -> Path | None:
        return None if self.history.folder is None else self.history.folder / JOURNAL_NAME

    def emit(self, *events: Event) -> None:
        """Journal events in one write, play them into the history, and hand them on.

        Raises:
            StudyLocked: Another process is working on the folder.
            JournalError: The journal cannot be written; none of the events happened.
        """
        with self.lock:
            self.open().append(*events)
            for event in events:
                self.history.apply(event)
                self._trackers.put(event)
                self._notify(event)

    def _notify(self, event: Event) -> None:
        for observer in list(self.observers):
            try:
                observer(event, self.history)
            except Exception:
                log.exception("%s failed and is not called again; the study goes on", observer)
                self.observers.remove(observer)

    def open(self) -> Journal:
        """Lock the folder, catch up with what others wrote meanwhile, and enter the study where it is new."""
        if self._journal is None:
            self._journal = MemoryJournal() if self._path is None else FileJournal(self._path)
            self._replay(self._journal.events(after=self.history.events_seen))
            if not self.history.events_seen:
                self.emit(StudyCreated(format=JOURNAL_FORMAT, version=__version__, study=self._study))
        return self._journal

    def open_session(self) -> None:
        """Note which process runs the study from now on, and with which settings."""
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
        """Note why the session ends, make everything durable, and let go of the folder."""
        self.emit(SessionClosed(reason=reason))
        self.close()

    def sync(self) -> None:
        """Return once everything emitted so far would survive a power cut."""
        if self._journal is not None:
            self._journal.sync()

    def close(self) -> None:
        """Let the trackers finish, and release the folder for other processes; the next event takes it again."""
        try:
            self.sync()
            self._trackers.close()
        finally:
            self._release()

    def _release(self) -> None:
        if self._journal is not None and self._path is not None:
            self._journal.close()
            self._journal = None

    def _replay(self, events: Iterable[Event]) -> None:
        with gc_paused():
            for event in events:
                if isinstance(event, StudyCreated):
                    self._compare(event)
                self.history.apply(event)

    def _compare(self, created: StudyCreated) -> None:
        if created.format > JOURNAL_FORMAT:
            raise InputError(f"{self._path} was written by tunesmith {created.version}. Upgrade tunesmith.")
        theirs = created.study
        other = [key for key, mine in self._identity.items() if mine != theirs.get(key)]
        if other:
            raise InputError(
                f"a folder holds one study, but {self.history.folder} holds '{theirs.get('name')}' with another "
                f"{' and another '.join(other)}. Choose another folder, or move this one out of the "
                "way, as `tunesmith run --fresh` does.",
                keys=("study",),
            )
