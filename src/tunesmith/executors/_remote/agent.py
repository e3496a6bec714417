"""The agent: runs the trials of a study on this machine, whether or not anybody is connected."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

from ... import plugins
from ...core.trial import Measurement, TrialRequest
from ...errors import TunesmithError, message_of
from ...execution.evaluation import failed
from ...execution.portable import PortableTask
from ...tasks.base import Task
from ...trial_folder.result import Result
from ..base import Executor, reason_to_wait
from ..process.alone import result_of
from ..process.job import read_request
from .files import CLOSE_FILE, ERROR_FILE, INBOX, LOCK_FILE, OPTIONS_FILE, OUTCOMES, TASKS, lock, read_json, write_json

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.2
_IDLE_SECONDS = 3600.0
"""How long an agent without trials waits for the next."""


class Agent:
    """Runs what it finds in the inbox of a study's folder, and writes how it ended.

    Args:
        folder: The study's folder on this machine.
        executor: Where trials run.
    """

    def __init__(self, folder: Path, executor: Executor) -> None:
        self._folder = folder
        self._executor = executor
        self._running: dict[str, tuple[TrialRequest, Future[Measurement]]] = {}
        self._done: set[str] = {path.stem for path in (folder / OUTCOMES).glob("*.json")}
        self._unwritten: dict[str, Result] = {}
        self._tasks: dict[str, PortableTask] = {}
        self._waiting: dict[str, str | None] = {}

    def serve(self) -> None:
        """Run trials until the study is closed, or nothing has come for an hour."""
        with self._executor as executor:
            executor.open(lambda number, attempt, step, metrics: None, folder=self._folder)
            idle_since = time.monotonic()
            while self._running or time.monotonic() - idle_since < _IDLE_SECONDS:
                self._take_requests()
                self._settle()
                self._note_waiting()
                self._write_outcomes()
                if self._running or self._unwritten:
                    idle_since = time.monotonic()
                elif (self._folder / CLOSE_FILE).exists():
                    return
                time.sleep(_POLL_SECONDS)

    def _take_requests(self) -> None:
        inbox = self._folder / INBOX
        for name in sorted(os.listdir(inbox)):  # noqa: PTH208  (a folder of many files, five times a second)
            stem, _, kind = name.rpartition(".")
            if kind == "json" and stem not in self._done and stem not in self._running:
                if len(self._running) < self._executor.capabilities.slots:
                    self._start(stem)
            elif kind == "stop" and stem in self._running:
                self._executor.stop(self._running[stem][0].number)
                (inbox / name).unlink(missing_ok=True)

    def _start(self, name: str) -> None:
        """Start a trial, or follow one that an earlier agent has started."""
        fields = read_json(self._folder / INBOX / f"{name}.json")
        assert fields is not None
        request = read_request(fields["request"])
        started = self._folder / INBOX / f"{name}.started"
        try:
            if started.exists():
                future = self._executor.recover(request)
                if future is None:
                    self._write(name, failed("lost", "the agent on the other machine ended while it ran"))
                    return
            else:
                started.touch()
                future = self._executor.submit(cast("Task", self._task(fields["task"])), request)
        except (TunesmithError, OSError) as error:
            self._write(name, failed("setup", message_of(error)))
            return
        self._running[name] = (request, future)

    def _task(self, name: str) -> PortableTask:
        if name not in self._tasks:
            self._tasks[name] = PortableTask.from_pickled((self._folder / TASKS / name).read_bytes())
        return self._tasks[name]

    def _settle(self) -> None:
        for name, (request, future) in list(self._running.items()):
            if future.done():
                del self._running[name]
                try:
                    result = result_of(future, request.attempt)
                except Exception as error:  # A bug in an executor; the study has to know.
                    logger.exception("trial %s", name)
                    result = failed("setup", message_of(error))
                self._write(name, result)

    def _note_waiting(self) -> None:
        """Write why trials wait for their turn, where that has changed."""
        for name, (request, _) in self._running.items():
            reason = reason_to_wait(self._executor, request.number)
            if reason == self._waiting.get(name):
                continue
            self._waiting[name] = reason
            path = self._folder / OUTCOMES / f"{name}.waits"
            with contextlib.suppress(OSError):
                if reason is None:
                    path.unlink(missing_ok=True)
                else:
                    path.write_text(reason)

    def _write(self, name: str, result: Result) -> None:
        """Write how a trial ended; what a full disk refuses is tried again in every round."""
        self._unwritten[name] = result
        self._done.add(name)

    def _write_outcomes(self) -> None:
        for name, result in list(self._unwritten.items()):
            refused = self._folder / OUTCOMES / f"{name}.refused"
            try:
                write_json(self._folder / OUTCOMES / f"{name}.json", cast("dict[str, Any]", result))
                refused.unlink(missing_ok=True)
            except OSError as error:
                logger.warning("the outcome of %s cannot be written: %s", name, error)
                with contextlib.suppress(OSError):
                    refused.touch()  # An empty file may find its place on a full disk.
                return
            del self._unwritten[name]


def main() -> None:
    """Run the agent of the study's folder in the first argument, unless one runs already."""
    os.umask(0o077)  # Other users of the machine need not see what is tuned.
    folder = Path(sys.argv[1])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    descriptor = lock(folder / LOCK_FILE)
    options = read_json(folder / OPTIONS_FILE)
    if descriptor is None or options is None:
        return
    for name in (INBOX, OUTCOMES, TASKS):
        (folder / name).mkdir(exist_ok=True)
    code = options["code"]
    os.chdir(code or folder)
    if code:
        sys.path.insert(0, code)
    executor = dict(options["executor"])
    try:
        Agent(folder, plugins.create("executors", executor.pop("name"), executor)).serve()
    except Exception as error:
        write_json(folder / ERROR_FILE, {"message": message_of(error)})
        raise


if __name__ == "__main__":
    main()
