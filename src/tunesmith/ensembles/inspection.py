"""The files of a saved model, looked at before anything is read from them.

A model may come from somebody else. Nothing in it is executed: numbers are arrays without objects, the rest is JSON or
a booster's own format. What is checked here is that reading it ends, and within the size of the files.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson

from ..errors import InputError

_MOST_FILES = 10_000
_MOST_DEPTH = 6
_MOST_BYTES = 16e9
_MOST_JSON_BYTES = 2e9
_KINDS = {".json", ".npy", ".npz", ".txt", ".ubj", ".cbm", ".skops", ".safetensors"}


def inspect(folder: Path) -> None:
    """Check the files of a saved model.

    Args:
        folder: The model, or a part of it.

    Raises:
        InputError: There is something that no model of ours has.
    """
    for path in _files(folder):
        if path.suffix not in _KINDS:
            raise InputError(f"a saved model holds {', '.join(sorted(_KINDS))} files only, but there is {path}.")
        if path.suffix == ".json" and path.stat().st_size > _MOST_JSON_BYTES:
            raise InputError(f"a saved model's JSON must be smaller than 2 GB, but {path} is not.")
        try:
            if path.suffix == ".npy":
                with path.open("rb") as file:
                    _check_array(file, path.stat().st_size)
            elif path.suffix in (".npz", ".skops"):
                _check_archive(path)
        except (ValueError, OSError, EOFError, zipfile.BadZipFile, SyntaxError, UnicodeError) as error:
            raise InputError(f"a saved model's arrays must be readable, but {path} is not: {error}") from None


def read_json(path: Path) -> dict[str, Any] | list[Any]:
    """Return a JSON file of a saved model.

    Raises:
        InputError: It is missing, or no JSON.
    """
    try:
        content: dict[str, Any] | list[Any] = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"a saved model's JSON must be readable, but {path} is not: {error}") from None
    return content


def _files(folder: Path) -> Iterator[Path]:
    """Return all regular files below a folder."""
    seen, total, folders = 0, 0, [(folder, 0)]
    while folders:
        current, depth = folders.pop()
        for path in sorted(current.iterdir()):
            seen += 1
            status = path.lstat()
            total += status.st_size
            if seen > _MOST_FILES or total > _MOST_BYTES or depth > _MOST_DEPTH:
                raise InputError(f"a saved model has fewer files, of a smaller size, than there are in {folder}.")
            if stat.S_ISDIR(status.st_mode):
                folders.append((path, depth + 1))
            elif stat.S_ISREG(status.st_mode):
                yield path
            else:
                raise InputError(f"a saved model consists of files and folders, but {path} is neither.")


def _check_archive(path: Path) -> None:
    """Check the size of what an archive unpacks to, and that its arrays are as large as they say."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        size = sum(entry.file_size for entry in entries)
        if size > 100 * path.stat().st_size + 1_000_000 or len(entries) > _MOST_FILES:
            raise ValueError("it unpacks to much more than its size")
        for entry in entries:
            if path.suffix == ".npz":
                with archive.open(entry) as file:
                    _check_array(file, entry.file_size)


def _check_array(file: IO[bytes], size: int) -> None:
    """Check that an array holds numbers, and as many as its header says; `size` is that of the file, in bytes."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    count = 1
    for length in shape:
        count *= length
    if dtype.hasobject:
        raise ValueError("it holds objects, which would be unpickled")
    if count * dtype.itemsize != size - file.tell():
        raise ValueError(f"its header promises {count} values, but there are not so many")
