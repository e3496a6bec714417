"""Exchanges with language models, recorded and replayed: a study with models again, without any."""

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
    """A file of exchanges, one a line: a fingerprint of what was asked, who asked, and what was answered.

    Nothing of what a provider is told beside the question is in it: no token, no address, no header.

    Args:
        path: The file.
        replay: Answer from the file, and ask nobody. Otherwise exchanges are added to it.

    Raises:
        InputError: The file is to be replayed, and cannot be read.
    """

    def __init__(self, path: Path, *, replay: bool = False) -> None:
        self.path = path
        self.replay = replay
        self._lock = threading.Lock()
        self._answers: dict[str, deque[Any]] = {}
        if replay:
            self._read()

    def find(self, role: str, asked: Any) -> Any:
        """Return the answer to a question that was recorded; to one that was asked twice, each in its turn.

        Raises:
            ModelUnavailable: There is none.
        """
        with self._lock:
            answers = self._answers.get(_fingerprint(role, asked))
            if not answers:
                raise ModelUnavailable(
                    f"{self.path} has no answer to what {role} asks; the study is not the one recorded."
                )
            return answers.popleft()

    def add(self, role: str, asked: Any, answer: Any) -> None:
        """Record an exchange."""
        line = {"of": _fingerprint(role, asked), "role": role, "answer": answer}
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(orjson.dumps(line) + b"\n")

    def _read(self) -> None:
        try:
            whole, _, _ = self.path.read_bytes().rpartition(b"\n")  # What was cut off in the middle is left out.
            for line in map(orjson.loads, whole.splitlines()):
                self._answers.setdefault(line["of"], deque()).append(line["answer"])
        except OSError as error:
            raise InputError(f"the recording {self.path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{self.path} must be a recording of `tunesmith run --record`, but it is none.") from None


def _fingerprint(role: str, asked: Mapping[str, Any]) -> str:
    text = orjson.dumps([role, asked], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]
