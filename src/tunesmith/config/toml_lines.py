"""The line of a key in a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any


def line_of(text: str, keys: Sequence[str]) -> int | None:
    r"""Return the line that sets a key, counted from 1; of a missing key, that of its nearest table.

    The TOML parser itself reads the grammar: a key is set by the first statement after which the document has it.

    Args:
        text: A valid TOML document.
        keys: The keys, outermost first; a dotted name may be one key or several.

    Returns:
        The line, or None if even the outermost key is missing.

    >>> line_of('[task]\n\ncommand = [\n  "python"\n]\n', ["task", "command"])
    3
    """
    lines = text.splitlines(keepends=True)
    for depth in range(len(keys), 0, -1):
        start = 1
        for end in range(1, len(lines) + 1):
            try:
                document = tomllib.loads("".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue
            if _has(document, keys[:depth]):
                return _first_statement(lines, start, end)
            start = end + 1
    return None


def _has(document: Mapping[str, Any], keys: Sequence[str]) -> bool:
    """Tell whether nested tables have a path of keys; `"a.b"` also finds `b` in table `a`."""
    if not keys:
        return True
    if not isinstance(document, Mapping):
        return False
    first, *rest = keys
    if first in document:
        return _has(document[first], rest)
    return any(
        first.startswith(f"{key}.") and _has(inner, [first[len(key) + 1 :], *rest]) for key, inner in document.items()
    )


def _first_statement(lines: Sequence[str], start: int, end: int) -> int:
    for number in range(start, end + 1):
        line = lines[number - 1].strip()
        if line and not line.startswith("#"):
            return number
    return end
