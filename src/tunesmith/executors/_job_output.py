"""What a job prints: its batch system leaves that in files beside its script."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

_MOST_CHARACTERS = 400
_LINES = 3


def last_words(folder: Path) -> str:
    """Return the end of what a job printed to standard error, such as a missing module; empty if it printed nothing."""
    return next(errors_of(folder), "")


def errors_of(folder: Path) -> Iterator[str]:
    """Yield the end of what each job below a folder printed to standard error, if it printed anything."""
    for path in sorted((*folder.rglob("*.stderr"), *folder.rglob("*.err"))):
        with contextlib.suppress(OSError):
            lines = path.read_bytes()[-4000:].decode(errors="replace").split("\n")
            if text := " ".join([line.strip() for line in lines if line.strip()][-_LINES:]):
                yield text[-_MOST_CHARACTERS:]
