"""The process that runs a study."""

from __future__ import annotations

import socket

import psutil

from ..history.history import History
from ..journal.lock import is_running


def running_process(history: History) -> int | None:
    """Return the ID of the process on this machine that runs the study, as the journal names it, or None.

    A killed session is never closed in the journal, and its process ID may be in use again. The process must therefore
    be alive, and lock the study's folder or, where folders cannot be locked, be older than the session.
    """
    if not history.session_open:
        return None
    session = history.sessions[-1]
    if session.host != socket.gethostname():
        return None
    try:
        process = psutil.Process(session.pid)
        is_locked = history.folder is not None and is_running(history.folder)
        alive = process.status() != psutil.STATUS_ZOMBIE and (is_locked or process.create_time() <= session.time + 1)
    except (psutil.Error, KeyError, TypeError, ValueError):
        return None
    return process.pid if alive else None
