"""JSON messages, one per line, over the pipes between the study, its workers and their trials."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Literal

StopReason = Literal["pruned", "study ended"]
"""Why the study stops a trial. A pruned trial gets time to end by itself."""
_CHUNK_BYTES = 1 << 18


def send(descriptor: int, message: Mapping[str, Any]) -> None:
    """Write a message as one line of JSON; the descriptor must be blocking."""
    data = memoryview(json.dumps(message, default=float).encode() + b"\n")
    while data:
        data = data[os.write(descriptor, data) :]


def parse(line: bytes) -> dict[str, Any]:
    """Return the message in a line; empty if the line is incomplete, because its writer was killed."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


class LineReader:
    """Reads whole lines from a file descriptor.

    Args:
        descriptor: Open for reading. A read takes the available bytes; it blocks only if the descriptor does.

    Attributes:
        ended: Whether the end of the pipe was reached.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._parts: list[bytes] = []

    def read(self) -> list[bytes]:
        """Return the lines that one read completes, without line ends."""
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
