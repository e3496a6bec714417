"""The connector: speaks for the agent to the study on the other side of an SSH connection.

It keeps no state. Lines of JSON come in: `{"name", "request", "task", "reports"}`, `{"name", "stop"}`, `{"close"}`.
Lines go out: `{"hello"}`, `{"name", "step", "metrics"}`, `{"name", "waits"}`, `{"name", "outcome"}`,
`{"name", "refused"}` and `{"alive"}`.
Each follows a word that the study has chosen, so that nothing that a login shell prints can be mistaken for one.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ... import __version__
from ...core.trial import check_relative
from ...errors import message_of
from ...trial_folder.reports import ReportsTail
from ..process.messages import LineReader, parse
from .files import CLOSE_FILE, ERROR_FILE, INBOX, LOCK_FILE, LOG_FILE, OUTCOMES, lock, read_json, write_json

_POLL_SECONDS = 0.2
_ALIVE_SECONDS = 5.0


class Connector:
    """Forwards requests to the inbox, and reports and outcomes to the study.

    Args:
        folder: The study's folder on this machine.
        word: Precedes every line that is sent.
    """

    def __init__(self, folder: Path, word: str) -> None:
        self._folder = folder
        self._word = word
        self._taken: set[str] = set()
        self._followed: dict[str, tuple[ReportsTail, int]] = {}
        self._waits: dict[str, str | None] = {}

    def serve(self) -> None:
        """Serve until the study goes away."""
        reader = LineReader(0)
        self._send({"hello": __version__})
        alive = 0.0
        while not reader.ended:
            if select.select([0], [], [], _POLL_SECONDS)[0]:
                for line in reader.read():
                    self._on_message(parse(line))
            for name in list(self._followed):
                self._look(name)
            if time.monotonic() - alive > _ALIVE_SECONDS:
                alive = time.monotonic()
                self._keep_agent()
                self._send({"alive": True})

    def _on_message(self, message: dict[str, Any]) -> None:
        try:
            if "request" in message:
                self._take(message)
            elif "stop" in message:
                (self._folder / INBOX / f"{message['name']}.stop").touch()
            elif "close" in message:
                (self._folder / CLOSE_FILE).touch()
        except OSError as error:
            self._send({"name": message.get("name", ""), "refused": message_of(error)})

    def _take(self, message: dict[str, Any]) -> None:
        """Put a request into the inbox, unless it is there already, and follow its trial.

        The study may send a request twice: as an answer to the greeting, and when it hands the trial over.
        """
        name, request = message["name"], message["request"]
        if name in self._taken:
            return
        (self._folder / CLOSE_FILE).unlink(missing_ok=True)
        for key in ("folder", "inherits"):
            if request[key] is not None:
                request[key] = str(self._folder / check_relative(request[key], "the folder of a trial"))
        path = self._folder / INBOX / f"{name}.json"
        if not path.exists():
            Path(request["folder"]).mkdir(parents=True, exist_ok=True)
            write_json(path, {"request": request, "task": message["task"]})
        self._followed[name] = (ReportsTail(Path(request["folder"])), message["reports"])
        self._taken.add(name)
        self._keep_agent()

    def _look(self, name: str) -> None:
        """Forward what is new of a trial."""
        tail, known = self._followed[name]
        outcome = read_json(self._folder / OUTCOMES / f"{name}.json")  # Before the reports, which precede it.
        started = (self._folder / INBOX / f"{name}.started").exists()
        for report in tail.new() if started else ():
            if known:
                known -= 1
            else:
                self._send({"name": name, "step": report.step, "metrics": report.metrics})
        self._followed[name] = (tail, known)
        self._tell_waiting(name)
        if outcome is not None:
            self._send({"name": name, "outcome": outcome})
            del self._followed[name]
        elif (self._folder / OUTCOMES / f"{name}.refused").exists():
            self._send({"name": name, "refused": "its result cannot be written, as on a full disk"})
            del self._followed[name]

    def _tell_waiting(self, name: str) -> None:
        """Tell why a trial waits for its turn, or that it runs, where that has changed."""
        path = self._folder / OUTCOMES / f"{name}.waits"
        reason = path.read_text() if path.exists() else None
        if reason != self._waits.get(name):
            self._waits[name] = reason
            self._send({"name": name, "waits": reason})

    def _keep_agent(self) -> None:
        """Start an agent, if trials need one and none runs."""
        descriptor = lock(self._folder / LOCK_FILE) if self._followed else None
        if descriptor is None:
            return
        os.close(descriptor)
        if (error := read_json(self._folder / ERROR_FILE)) is not None:
            (self._folder / ERROR_FILE).unlink()
            for name in self._followed:
                self._send({"name": name, "refused": error["message"]})
            self._followed.clear()
            return
        with (self._folder / LOG_FILE).open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "tunesmith.executors._remote.agent", str(self._folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # Until it has its lock, a second one may be started, which then ends at once.

    def _send(self, message: dict[str, Any]) -> None:
        sys.stdout.write(f"{self._word} {json.dumps(message)}\n")
        sys.stdout.flush()


def main() -> None:
    """Run the connector: the study's folder and the word are the arguments."""
    os.umask(0o077)  # Other users of the machine need not see what is tuned.
    folder = Path(sys.argv[1])
    for name in (INBOX, OUTCOMES):
        (folder / name).mkdir(parents=True, exist_ok=True)
    try:
        Connector(folder, sys.argv[2]).serve()
    except BrokenPipeError:
        os._exit(0)  # The study is gone; nobody reads what Python would say of its output.


if __name__ == "__main__":
    main()
