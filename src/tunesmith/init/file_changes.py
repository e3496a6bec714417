"""Which files a script writes: folders are compared before and after it runs."""

from __future__ import annotations

import os
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

import psutil

from .tryout import FileChange

_NOT_OUTPUT = {"__pycache__", "node_modules", "site-packages"}
_SYSTEM = ("/dev", "/proc", "/sys", "/run")
_LAG_NANOSECONDS = 10**9  # By which the clock of a file system may be behind.

State = tuple[int, int, int]
"""A file's time of modification, size and inode."""


class FileWatch:
    """Compares files before and after a script runs.

    Hidden folders, caches of Python and virtual environments are left out, and links to folders are not followed. Of a
    large tree only the first files are looked at, those near its top first.

    Args:
        folders: The folders, and single files, to look at.
        without: Folders that are left out.
        most: The most files to look at.

    Attributes:
        left_out: Whether there were more files.
    """

    def __init__(self, folders: Sequence[Path], *, without: Sequence[Path] = (), most: int = 20_000) -> None:
        self.left_out = False
        self._folders = list(dict.fromkeys(folders))
        self._without = [path.resolve() for path in without]
        self._most = most
        self._seen_open: set[Path] = set()
        self._started = time.time_ns() - _LAG_NANOSECONDS
        self._before = self._states()

    def note_open(self, processes: Iterable[psutil.Process]) -> None:
        """Note the files that processes have open for writing, wherever they are; only Linux tells."""
        for process in processes:
            with suppress(psutil.Error, OSError):
                for file in process.open_files():
                    path = Path(file.path)
                    if getattr(file, "mode", "r") != "r" and not self._is_left_out(path):
                        self._seen_open.add(path)

    def changes(self) -> list[FileChange]:
        """Return the files that differ from before, sorted by their paths."""
        is_complete = not self.left_out
        after = self._states()
        for path in self._seen_open:
            if path not in after and (state := _state(path)) is not None:
                after[path] = state
        return [
            FileChange(path=path, is_new=path not in self._before, size_bytes=state[1])
            for path, state in sorted(after.items())
            # Of a part of a large tree, another part may be seen later.
            if self._before.get(path) != state and (is_complete or path in self._before or state[0] >= self._started)
        ]

    def _states(self) -> dict[Path, State]:
        states: dict[Path, State] = {}
        queue = deque(self._folders)
        while queue:
            path = queue.popleft()
            if path.is_dir():
                entries, is_all = _entries(path, self._most)
                self.left_out = self.left_out or not is_all
                for entry in entries:
                    inner = Path(entry.path)
                    if entry.is_dir():
                        if not entry.is_symlink() and not self._is_left_out_folder(inner):
                            queue.append(inner)
                    elif not self._add(states, inner):
                        self.left_out = True
                        return states
            elif not self._add(states, path):
                self.left_out = True
                return states
        return states

    def _add(self, states: dict[Path, State], path: Path) -> bool:
        """Add a file, if there is one, and tell whether there is room for it."""
        if path not in states and len(states) >= self._most:
            return False
        state = _state(path)
        if state is not None and path.suffix != ".pyc":
            states[path] = state
        return True

    def _is_left_out_folder(self, path: Path) -> bool:
        hidden = path.name.startswith(".") or path.name in _NOT_OUTPUT
        return hidden or (path / "pyvenv.cfg").exists() or path.resolve() in self._without

    def _is_left_out(self, path: Path) -> bool:
        """Tell whether an open file is no output: of the system, hidden, temporary, or in a folder that is left out."""
        if path.as_posix().startswith(_SYSTEM) or any(part.startswith(".") for part in path.parts):
            return True
        is_temporary = path.is_relative_to(tempfile.gettempdir()) and any("tmp" in part for part in path.parts[2:])
        return is_temporary or any(path.is_relative_to(folder) for folder in self._without)


def _entries(folder: Path, most: int) -> tuple[list[os.DirEntry[str]], bool]:
    """Return the first entries of a folder, sorted if they are all, and whether they are."""
    try:
        with os.scandir(folder) as entries:
            first = list(islice(entries, most + 1))
    except OSError:
        return [], True
    is_all = len(first) <= most
    return (sorted(first, key=lambda entry: entry.name) if is_all else first[:most]), is_all


def _state(path: Path) -> State | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
