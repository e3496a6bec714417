"""Trackers as a study may meet them: one that does nothing, and others that would hold up whoever waited for them."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from tunesmith.history.history import History
from tunesmith.journal.events import Event


class NoTracker:
    """Does nothing with the events."""

    def open(self, history: History) -> None:
        """Do nothing."""

    def record(self, event: Event) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class SlowTracker(NoTracker):
    """Takes 50 ms for each event."""

    def record(self, event: Event) -> None:
        time.sleep(0.05)


class FailingTracker(NoTracker):
    """Fails with each event."""

    def record(self, event: Event) -> None:
        raise ConnectionError("no network")


class HangingTracker(NoTracker):
    """Never returns."""

    def open(self, history: History) -> None:
        threading.Event().wait()


def tracker(kind: str) -> Any:
    """Return a tracker of a kind, or the settings of one."""
    if kind == "mlflow, no server":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return {"name": "mlflow", "uri": f"http://127.0.0.1:{probe.getsockname()[1]}"}
    return {"nothing": NoTracker, "slow": SlowTracker, "failing": FailingTracker, "hanging": HangingTracker}[kind]()
