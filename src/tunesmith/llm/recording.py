"""Recorded exchanges with language models, to run a study again without a model."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from ..errors import InputError, ModelUnavailable


class Recording:
    """A file with one exchange per line: the request's fingerprint, the role, and the answer.

    It holds no API key, address or header.

    Args:
        path: The file.
        replay: Answer from the file and ask no model. Otherwise exchanges are appended to it.

    Raises:
        InputError: The file to replay cannot be read.
    """

    def __init__(self, path: Path, *, replay: bool = False) -> None:
        self.path = path
        self.replay = replay
        self._lock = threading.Lock()
        self._answers: dict[str, deque[Any]] = {}
        if replay:
            self._read()

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
        """Record an exchange."""
        line = {"request": _fingerprint(role, request), "role": role, "answer": answer}
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(orjson.dumps(line) + b"\n")

    def _read(self) -> None:
        try:
            lines, _, _ = self.path.read_bytes().rpartition(b"\n")  # Drops a last line that is incomplete.
            for line in map(orjson.loads, lines.splitlines()):
                self._answers.setdefault(line["request"], deque()).append(line["answer"])
        except OSError as error:
            raise InputError(f"the recording {self.path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{self.path} is not a recording of `tunesmith run --record`.") from None


def _fingerprint(role: str, request: Mapping[str, Any]) -> str:
    text = orjson.dumps([role, request], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]
