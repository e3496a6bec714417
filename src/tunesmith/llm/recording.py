"""Recorded exchanges with language models, to run a study again without a model."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import threading
from collections import deque
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from ..errors import InputError, ModelUnavailable

log = logging.getLogger(__name__)

_MAX_LINE_BYTES = 20_000_000


class Recording:
    """A file with one exchange per line: the request's fingerprint, the role, and the answer.

    It holds no API key, address or header.

    Args:
        path: The file.
        replay: Answer from the file and ask no model. Otherwise exchanges are appended to it.

    Raises:
        InputError: The file cannot be read, or written to.
    """

    def __init__(self, path: Path, *, replay: bool = False) -> None:
        self.path = path
        self.replay = replay
        self._lock = threading.Lock()
        self._answers: dict[str, deque[Any]] = {}
        self._is_lost = False
        try:
            if replay:
                self._read()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.open("ab").close()
        except OSError as error:
            verb = "read" if replay else "written"
            raise InputError(f"the recording {path} cannot be {verb}: {error.strerror}.") from None

    def answer(self, role: str, request: Any) -> Any:
        """Return the recorded answer; equal requests get their answers in order.

        Raises:
            ModelUnavailable: There is none.
        """
        with self._lock:
            answers = self._answers.get(_fingerprint(role, request))
            if not answers:
                raise ModelUnavailable(
                    f"{self.path} has no answer to this request of {role}. It was recorded from another study."
                )
            return answers.popleft()

    def add(self, role: str, request: Any, answer: Any) -> None:
        """Record an exchange. Where the file can no longer be written, warn and record no more."""
        line = {"request": _fingerprint(role, request), "role": role, "answer": answer}
        with self._lock:
            if self._is_lost:
                return
            try:
                self._append(to_json(line) + b"\n")
            except OSError as error:
                self._is_lost = True
                log.warning("the recording %s ends here, as it cannot be written: %s.", self.path, error.strerror)

    def _append(self, line: bytes) -> None:
        with self.path.open("ab", buffering=0) as file:
            length = file.tell()
            if file.write(line) < len(line):
                file.truncate(length)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _read(self) -> None:
        with self.path.open("rb") as file:
            for number in count(1):
                line = file.readline(_MAX_LINE_BYTES)
                if not line.endswith(b"\n") and len(line) < _MAX_LINE_BYTES:
                    return  # The end, or a last line that is incomplete.
                try:
                    exchange = json.loads(line)
                    self._answers.setdefault(exchange["request"], deque()).append(exchange["answer"])
                except (ValueError, KeyError, TypeError, RecursionError):
                    raise InputError(
                        f"{self.path} is not a recording of `tunesmith run --record`, or line {number} is damaged."
                    ) from None


def to_json(value: Any) -> bytes:
    """Return the JSON text of a value; also of whole numbers beyond 64 bits, which orjson refuses."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return json.dumps(value, sort_keys=True).encode()


def _fingerprint(role: str, request: Mapping[str, Any]) -> str:
    return hashlib.sha256(to_json([role, request])).hexdigest()[:32]
