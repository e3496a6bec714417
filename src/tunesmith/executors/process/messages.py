"""Lines over pipes: JSON messages between the study, its workers and their trials."""

from __future__ import annotations

import json
import os
from typing import Any

_CHUNK_BYTES = 1 << 18


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte to a file descriptor that blocks."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def send(descriptor: int, message: dict[str, Any]) -> None:
    """Write one message as a line of JSON."""
    write_all(descriptor, json.dumps(message, default=float).encode() + b"\n")


def parsed(line: bytes) -> dict[str, Any]:
    """Return the message in a line, or an empty one where the line holds none (its writer was killed midway)."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


class LineReader:
    """Takes bytes from a file descriptor and gives them back as whole lines.

    Args:
        descriptor: Open for reading. A read takes what is there; it blocks only where the descriptor does.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._parts: list[bytes] = []

    def read(self) -> list[bytes]:
        """Return the lines that one read completes, without their ends; sets `ended` at the end of the pipe."""
        try:
            chunk = os.read(self.descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            return []
        if not chunk:
            self.ended = True
            return []
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._parts, lines[0]))
            self._parts = []
        if rest:
            self._parts.append(rest)
        return lines
