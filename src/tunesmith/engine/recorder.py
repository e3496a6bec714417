"""The recorder of a study: each event goes to the journal, the history and the trackers."""

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

JOURNAL_FORMAT = 2


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

    The folder's journal is read on construction, but locked only by the first new event, so that a study can be viewed
    while another process runs it.

    Args:
        history: Empty; receives the events of the folder's journal.
        study: The study's specification, as plain JSON; journaled on creation and at the start of each session.
        identity: The part of it that no later session may change.
        trackers: Receive every event, in the background.

    Attributes:
        observers: Called with every new event and the history, under the lock; they must return at once.
        lock: Held while events are written. Other threads journal costs of language models and answers to requests:
            hold it where an event depends on the present history.

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
        listed = tuple(trackers)
        self._trackers = BackgroundTrackers(listed, history, self.lock) if listed else None
        if self._path is not None:
            self._replay(read_events(self._path))

    @property
    def _path(self) -> Path | None:
        return None if self.history.folder is None else self.history.folder / JOURNAL_NAME

    def emit(self, *events: Event) -> None:
        """Journal events in one write, apply them to the history, and pass them on.

        Raises:
            StudyLocked: Another process is using the folder.
            JournalError: The journal cannot be written; no event was applied.
        """
        with self.lock:
            self.open().append(*events)
            for event in events:
                self.history.apply(event)
                if self._trackers is not None:
                    self._trackers.put(event)
                self._notify(event)

    def _notify(self, event: Event) -> None:
        for observer in list(self.observers):
            try:
                observer(event, self.history)
            except Exception:
                log.exception("%s failed and is not called again; the study continues", observer)
                self.observers.remove(observer)

    def open(self) -> Journal:
        """Lock the folder, apply events that other processes appended, and journal a new study."""
        if self._journal is None:
            self._journal = MemoryJournal() if self._path is None else FileJournal(self._path)
            self._replay(self._journal.events(after=self.history.events_seen))
            if not self.history.events_seen:
                self.emit(StudyCreated(format=JOURNAL_FORMAT, version=__version__, study=self._study))
        return self._journal

    def open_session(self) -> None:
        """Journal that this process runs the study, and with which specification."""
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
        self.sync()

    def sync(self) -> None:
        """Return once every emitted event would survive a power cut."""
        if self._journal is not None:
            self._journal.sync()

    def close(self) -> None:
        """Let the trackers finish, and release the folder; the next event locks it again."""
        try:
            self.sync()
            if self._trackers is not None:
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
                    self._check_identity(event)
                self.history.apply(event)

    def _check_identity(self, created: StudyCreated) -> None:
        if created.format > JOURNAL_FORMAT:
            raise InputError(f"{self._path} was written by tunesmith {created.version}. Upgrade tunesmith.")
        differing = [key for key, value in self._identity.items() if value != created.study.get(key)]
        if differing:
            raise InputError(
                f"a folder holds one study, but {self.history.folder} holds '{created.study.get('name')}' with another "
                f"{' and another '.join(differing)}. Choose another folder, or move this one away, "
                "as `tunesmith run --fresh` does.",
                keys=("study",),
            )
