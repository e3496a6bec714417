"""Studies that run in the background, each a `tunesmith run` of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from ..engine.recorder import JOURNAL_NAME, running_process
from ..errors import InputError, StudyLocked
from ..journal.file import FileJournal
from ..study.study import Study

PATIENCE_SECONDS = 20.0
"""How long to wait for a study that was asked to stop; its trials get their grace meanwhile."""
_MOST_WORDS = 4000


@dataclass
class _Run:
    process: subprocess.Popen[bytes]
    said: IO[bytes]
    asked: bool = False

    def ask(self) -> None:
        if self.process.poll() is None:
            self.asked = True
            self.process.send_signal(signal.SIGINT)


class Runs:
    """The studies that this server has started, by folder.

    Each is a process in a session of its own: neither a Ctrl-C in the server's terminal nor the server's sudden death
    reaches it, and it writes to no pipe that could break. It is stopped as the command line is, by SIGINT.
    """

    def __init__(self) -> None:
        self._runs: dict[Path, _Run] = {}

    def start(self, study: Path, folder: Path, flags: Mapping[str, int | float | None]) -> None:
        """Start a study, or go on with it, and return at once.

        Args:
            study: Its study.toml, or the folder of one that was run before.
            folder: Its folder.
            flags: What overrides the file.

        Raises:
            InputError: This server runs it already.
        """
        run = self._runs.get(folder)
        if run is not None and run.process.poll() is None:
            raise InputError(f"a study is run by one process, but {folder} is run by pid {run.process.pid} already.")
        if run is not None:
            run.said.close()
        words = [f"--{name}={value}" for name, value in flags.items() if value is not None]
        said = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process writes to it)
        process = subprocess.Popen(
            [sys.executable, "-m", "tunesmith", "run", str(study), "--quiet", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        self._runs[folder] = _Run(process, said)

    def state(self, folder: Path) -> dict[str, Any] | None:
        """Return how the process stands that this server has started for a study; None where it has started none."""
        run = self._runs.get(folder)
        if run is None:
            return None
        status = run.process.poll()
        told = {"pid": run.process.pid, "running": status is None, "exit_status": status}
        # What was asked to stop has nothing to say that whoever asked does not know.
        return told | ({} if status in (None, 0) or run.asked else {"message": _end_of(run.said)})

    def stop(self, study: Study) -> None:
        """Ask the process that runs a study to stop in an orderly way, whoever started it, and wait for its end.

        Raises:
            InputError: No process on this machine runs it.
        """
        assert study.folder is not None
        run = self._runs.get(study.folder)
        if run is not None and run.process.poll() is None:
            run.ask()
            _wait(run.process)
            return
        pid = running_process(study.history)
        if pid is None or not _is_locked(study.folder):
            raise InputError(f"only a study that runs can be stopped, but nothing on this machine runs {study.folder}.")
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            try:
                process.send_signal(signal.SIGINT)
            except psutil.AccessDenied:
                raise InputError(f"{study.folder} is run by pid {pid}, which belongs to another user.") from None
            _wait(process)

    def stop_all(self) -> None:
        """Ask every study that this server has started to stop in an orderly way, and do not wait for it."""
        for run in list(self._runs.values()):
            run.ask()


def _wait(process: subprocess.Popen[bytes] | psutil.Process) -> None:
    with suppress(subprocess.TimeoutExpired, psutil.Error):
        process.wait(PATIENCE_SECONDS)


def _is_locked(folder: Path) -> bool:
    """Tell whether a process really works on a folder: a journal that was copied here, or made up, names any."""
    try:
        FileJournal(folder / JOURNAL_NAME).close()
    except StudyLocked:
        return True
    return False


def _end_of(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - _MOST_WORDS))
    return said.read().decode(errors="replace").strip()
