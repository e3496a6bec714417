"""The files of a task that travel to another machine."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..text.wording import count, size
from ._ssh import Ssh, last_words

_LEFT_OUT = (
    *("__pycache__", ".git", ".hg", ".svn", ".venv", "venv", ".env", "node_modules", "wandb", "mlruns", "studies"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".ipynb_checkpoints", ".tox", ".DS_Store", "*.pyc"),
)
_MOST_BYTES = 20_000_000_000
_MOST_FILES = 50_000


def files_of(folder: Path, exclude: Sequence[str], *, most_bytes: int = _MOST_BYTES) -> dict[str, tuple[str, int]]:
    """Return the files below a folder: hash and mode by path.

    Version control, environments, caches, `.env` with its secrets, and the folders of studies are left out.

    Args:
        folder: The folder.
        exclude: Further names and paths to leave out, with `*` and `?`.
        most_bytes: The most that may be sent.

    Raises:
        InputError: There are too many files, or they are too large.
    """
    found: dict[str, tuple[str, int]] = {}
    total = 0
    patterns = (*_LEFT_OUT, *exclude)
    for root, folders, names in os.walk(folder):
        here = Path(root).relative_to(folder)
        if (Path(root) / "journal.jsonl").exists():
            folders[:], names = [], []  # A study.
        folders[:] = sorted(name for name in folders if not _matches(here / name, patterns))
        for name in sorted(names):
            path = Path(root, name)
            if _matches(here / name, patterns) or not path.is_file():
                continue
            total += path.stat().st_size
            if total > most_bytes or len(found) >= _MOST_FILES:
                raise InputError(
                    f"{folder} holds more than {count(_MOST_FILES, 'file')} or {size(most_bytes)}, which would all be "
                    "sent. Leave out what trials do not need with exclude = ['data/raw', '*.zip'].",
                    keys=("exclude",),
                )
            found[(here / name).as_posix()] = (_sha256(path), path.stat().st_mode & 0o777)
    return found


def deploy(ssh: Ssh, folder: Path, *, root: str, run: str, word: str, exclude: Sequence[str]) -> str:
    """Send the files below a folder to another machine; those that it has already do not travel.

    Args:
        ssh: The connection.
        folder: The folder here.
        root: tunesmith's folder there.
        run: The shell command there that runs Python with a module.
        word: Precedes the lines that count.
        exclude: What is left out.

    Returns:
        The folder there.

    Raises:
        OSError: The connection failed, or the disk there is full.
    """
    files = files_of(folder, exclude)
    name = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
    paths = {sha256: folder / path for path, (sha256, _) in files.items()}
    remote = f"{run} tunesmith.executors._remote.receive {root} {shlex.quote(word)}"
    with subprocess.Popen(
        ssh.words(remote), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            process.stdin.write(json.dumps({"files": files, "name": name}).encode() + b"\n")
            process.stdin.flush()
            missing = _answer(process.stdout, word).get("missing", [])
            if missing:
                with tarfile.open(fileobj=process.stdin, mode="w|") as archive:
                    for sha256 in missing:
                        archive.add(paths[sha256], arcname=sha256, recursive=False)
            process.stdin.close()
            code = _answer(process.stdout, word).get("code")
        except BrokenPipeError:
            code = None
        if not code:
            said = last_words(process.stderr.read()).removeprefix("OSError: ")
            raise OSError(said or f"{ssh.host} closed the connection")
        return str(code)


def _answer(output: Any, word: str) -> Mapping[str, Any]:
    """Return the next line that begins with the word; an empty table at the end of the output."""
    for line in output:
        head, _, text = line.decode(errors="replace").partition(" ")
        if head == word:
            fields: dict[str, Any] = json.loads(text)
            return fields
    return {}


def _matches(path: Path, patterns: Sequence[str]) -> bool:
    return any(fnmatch(path.name, pattern) or fnmatch(path.as_posix(), pattern) for pattern in patterns)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
