"""The results of the tools that a role calls for one question, within limits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ..text.cleaning import short

BYTES_PER_TOKEN = 3  # A low estimate for JSON. English has about four; in other scripts a character has several bytes.
MAX_TOKENS = 700
"""Limit of one result."""

MAX_TOTAL_TOKENS = 2800
"""Limit of all results for one question of a role."""

# Entries of each list and characters of each text; the first size that fits is used.
_SIZES = ((40, 160), (20, 160), (10, 160), (5, 160), (3, 80), (2, 40), (1, 20))
_TOO_LONG = '{"note":"the result is too long; ask for less."}'
_NO_MORE = '{"note":"there are no more results for this question; answer with what you know."}'

Tool = Callable[..., str]


class ToolResults:
    """Collects results as JSON, so that text from logs and files is quoted, without unprintable characters.

    Attributes:
        texts: All results so far.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # A model may call several tools at once.
        self.texts: list[str] = []

    def add(self, build: Callable[[int], Mapping[str, Any]]) -> str:
        """Return a result whose lists are as long as fits.

        Args:
            build: Returns the result; takes the limit on the length of its lists.
        """
        with self._lock:
            left = MAX_TOTAL_TOKENS * BYTES_PER_TOKEN - sum(len(text.encode()) for text in self.texts)
            size = min(MAX_TOKENS * BYTES_PER_TOKEN, left)
            for limit, characters in _SIZES:
                text = orjson.dumps(_shortened(build(limit), limit, characters))
                if len(text) <= size:
                    self.texts.append(text.decode())
                    return self.texts[-1]
            return _NO_MORE if size == left else _TOO_LONG


def _shortened(value: Any, limit: int, characters: int) -> Any:
    """Return JSON values with lists and texts of limited length."""
    if isinstance(value, Mapping):
        return {short(key, characters): _shortened(inner, limit, characters) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner, limit, characters) for inner in value[: max(limit, 2)]]
    return short(value, characters) if isinstance(value, str) else value
