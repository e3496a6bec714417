"""Studies that run in the background, each as a process of `tunesmith run` or `tunesmith fit`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from ..errors import InputError
from ..journal.lock import is_running
from ..study.study import Study
from .process import running_process

STOP_SECONDS = 20.0
"""How long to wait for a study to stop; its trials get their grace period meanwhile."""
_ERROR_BYTES = 4000


@dataclass
class _Run:
    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    stop_requested: bool = False

    def request_stop(self) -> None:
        if self.process.poll() is None:
            self.stop_requested = True
            self.process.send_signal(signal.SIGINT)


class BackgroundRuns:
    """The studies that this server has started, by folder.

    Each runs in its own process session, so that neither Ctrl-C in the server's terminal nor the server's death
    reaches it, and writes its errors to a file instead of a pipe that could break. SIGINT stops it, as on the command
    line.
    """

    def __init__(self) -> None:
        self._runs: dict[Path, _Run] = {}

    def start(self, folder: Path, words: Sequence[str]) -> None:
        """Start or resume a study and return at once.

        Args:
            folder: The study's folder.
            words: The verb that runs it, and its arguments.

        Raises:
            InputError: This server already runs the study.
        """
        run = self._runs.get(folder)
        if run is not None and run.process.poll() is None:
            raise InputError(f"only one process can run a study, but pid {run.process.pid} already runs {folder}.")
        if run is not None:
            run.errors.close()
        errors = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process writes to it)
        process = subprocess.Popen(
            [sys.executable, "-m", "tunesmith", *words, "--quiet"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        self._runs[folder] = _Run(process, errors)

    def state(self, folder: Path) -> dict[str, Any] | None:
        """Return the state of the process that this server started for a study, or None if it started none."""
        run = self._runs.get(folder)
        if run is None:
            return None
        status = run.process.poll()
        state = {"pid": run.process.pid, "running": status is None, "exit_status": status}
        # A requested stop needs no explanation.
        return state | ({} if status in (None, 0) or run.stop_requested else {"message": _last_errors(run.errors)})

    def stop(self, study: Study) -> None:
        """Ask the process that runs a study to stop in order, whoever started it, and wait for it to end.

        Raises:
            InputError: No process on this machine runs the study.
        """
        assert study.folder is not None
        run = self._runs.get(study.folder)
        if run is not None and run.process.poll() is None:
            run.request_stop()
            _wait(run.process)
            return
        pid = running_process(study.history)
        # A copied or forged journal may name any process.
        if pid is None or not is_running(study.folder):
            raise InputError(f"only a running study can be stopped, but nothing on this machine runs {study.folder}.")
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            try:
                process.send_signal(signal.SIGINT)
            except psutil.AccessDenied:
                raise InputError(f"{study.folder} is run by pid {pid}, which belongs to another user.") from None
            _wait(process)

    def stop_all(self) -> None:
        """Ask every study that this server has started to stop in order, without waiting."""
        for run in list(self._runs.values()):
            run.request_stop()


def _wait(process: subprocess.Popen[bytes] | psutil.Process) -> None:
    with suppress(subprocess.TimeoutExpired, psutil.Error):
        process.wait(STOP_SECONDS)


def _last_errors(errors: IO[bytes]) -> str:
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - _ERROR_BYTES))
    return errors.read().decode(errors="replace").strip()
