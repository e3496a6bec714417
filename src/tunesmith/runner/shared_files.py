"""Files outside the trials' folders that several trials write to, so that one may read what another has written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from ..journal.events import FilesShared
from ..journal.file import JOURNAL_NAME

_MOST_LOOKS_PER_SLOT = 5
_MOST_LOOKS = 200
_MOST_ENTRIES = 5_000
_MOST_ENTRIES_OF_FOLDER = 1_000  # More are a dataset.
_DEEPEST = 3
_MOST_NAMED = 5
_HEAD_BYTES = 256
_OTHER_FOLDERS = frozenset({JOURNAL_NAME, "pyvenv.cfg"})
"""Files that mark a folder as a study or a virtual environment."""
_IGNORED_FOLDERS = frozenset({"__pycache__", "node_modules", "mlruns", "wandb"})
_IGNORED_SUFFIXES = (
    ".py",
    ".pyc",
    ".ipynb",
    ".sh",
    ".toml",
    "~",
    ".lock",
    ".db",
    ".sqlite",
    ".sqlite3",
    "-wal",
    "-shm",
    "-journal",
)
"""Source code, which a person edits, and files that are made for several writers."""


class _Version(NamedTuple):
    changed_ns: int
    bytes: int
    inode: int


class SharedFiles:
    """Looks for files that trials share, in the folder where they run, while the first trials run.

    Whoever changed a file is among the trials that ran since the last look. A file that no single trial can have
    changed each time was written by two. Logs that only grow do not count, nor do large folders such as datasets.

    Args:
        folder: The folder in which the trials run.
        slots: How many trials run at once.
    """

    def __init__(self, folder: Path, slots: int) -> None:
        self._folder = folder
        self._looks_left = min(_MOST_LOOKS_PER_SLOT * slots, _MOST_LOOKS) if slots > 1 else 0
        self._versions = self._scan() if self._looks_left else {}
        self._writers: dict[str, set[int]] = {}
        self._heads: dict[str, bytes] = {}
        self._rewritten: set[str] = set()

    def look(self, running: Collection[int]) -> FilesShared | None:
        """Look for shared files, and return the first find; after that, look no more.

        Args:
            running: All trials that have run since the last look.
        """
        if not self._looks_left:
            return None
        self._looks_left -= 1
        before, self._versions = self._versions, self._scan()
        for path, version in self._versions.items():
            if version != before.get(path):
                self._note_change(path, before.get(path), version, running)
        shared = sorted(path for path in self._rewritten if not self._writers[path])
        if not shared:
            return None
        self._looks_left = 0
        more = f" and {len(shared) - _MOST_NAMED} more" if len(shared) > _MOST_NAMED else ""
        return FilesShared(
            reason=f"trials that ran at the same time wrote to the same files in {self._folder}: "
            f"{', '.join(shared[:_MOST_NAMED])}{more}. Where the training reads them back, the result of a trial may "
            "belong to another. Let each trial write to its own folder, which is {trial_dir} in the command, "
            "$TUNESMITH_TRIAL_DIR in its environment and trial.folder in a function; or run one trial at a time, with "
            "--parallel 1. Then start over with --fresh.",
            by="shared files",
            paths=tuple(shared),
        )

    def _note_change(self, path: str, before: _Version | None, version: _Version, running: Collection[int]) -> None:
        self._writers[path] = self._writers.get(path, set(running)) & set(running)
        head, known = self._read_head(path), self._heads.get(path)
        if before is not None and known is not None:
            grew = version.bytes > before.bytes and version.inode == before.inode and head.startswith(known)
            if not grew:
                self._rewritten.add(path)
        self._heads[path] = head

    def _read_head(self, path: str) -> bytes:
        try:
            with (self._folder / path).open("rb") as file:
                return file.read(_HEAD_BYTES)
        except OSError:
            return b""

    def _scan(self) -> dict[str, _Version]:
        """Return the version of each file by its relative path; a folder that holds too much is not looked at again."""
        versions: dict[str, _Version] = {}
        for count, (path, entry) in enumerate(self._walk()):
            if count == _MOST_ENTRIES:
                self._looks_left = 0
                return {}
            if entry.name.endswith(_IGNORED_SUFFIXES) or not entry.is_file(follow_symlinks=False):
                continue
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                versions[path] = _Version(status.st_mtime_ns, status.st_size, status.st_ino)
        return versions

    def _walk(self) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Yield what lies in the folder and below, level by level, without what is hidden."""
        level = [""]
        for _ in range(_DEEPEST):
            deeper: list[str] = []
            for folder in level:
                for entry in _entries(self._folder / folder):
                    if entry.name.startswith(".") or entry.name in _IGNORED_FOLDERS:
                        continue
                    yield f"{folder}{entry.name}", entry
                    if entry.is_dir(follow_symlinks=False):
                        deeper.append(f"{folder}{entry.name}/")
            level = deeper


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return the entries of a folder; none of a study, an environment or a dataset, or if it cannot be read."""
    entries: list[os.DirEntry[str]] = []
    try:
        with os.scandir(folder) as scanned:
            for entry in scanned:
                if entry.name in _OTHER_FOLDERS or len(entries) == _MOST_ENTRIES_OF_FOLDER:
                    return []
                entries.append(entry)
    except OSError:
        return []
    return entries
