"""Open a file that may be compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from ..errors import InputError
from ..text.wording import count

READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
"""What reading a damaged file raises."""
_OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_MEASURED_BYTES = 32_000_000


def open_file(path: Path) -> IO[bytes]:
    """Return a file opened for reading, decompressed if it is compressed with gzip, bzip2, xz, or as one zip member.

    Raises:
        InputError: A zip file does not hold one file.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        archive = zipfile.ZipFile(path)
        members = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
        if len(members) != 1:
            raise InputError(f"a zip file must hold one CSV file, this one holds {count(len(members), 'file')}")
        return archive.open(members[0])
    opener = next((opener for mark, opener in _OPENERS.items() if start.startswith(mark)), None)
    return path.open("rb") if opener is None else opener(path, "rb")


def expanded_bytes(path: Path) -> int:
    """Return the size of a file when it is decompressed; of a large one an estimate."""
    stored = path.stat().st_size
    with open_file(path) as file:
        if isinstance(file, io.BufferedReader):
            return stored
        read = len(file.read(_MEASURED_BYTES))
        if read < _MEASURED_BYTES:
            return read
        if isinstance(file, zipfile.ZipExtFile):
            return file.seek(0, io.SEEK_END)
    with path.open("rb") as raw:
        inside: Any = next(opener for mark, opener in _OPENERS.items() if raw.read(8).startswith(mark))(path, "rb")
        raw.seek(0)
        inside = type(inside)(fileobj=raw) if isinstance(inside, gzip.GzipFile) else type(inside)(raw)
        return int(stored * len(inside.read(_MEASURED_BYTES)) / min(stored, raw.tell()))
