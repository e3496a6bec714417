"""What a tool answers is what the command line prints as JSON, in a size that an agent can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ..cli.options import to_json
from ..text.cleaning import plain

MOST_ITEMS = 40
"""How many items a list keeps, and half as many a list within it; the first and the last ones."""
MOST_ENTRIES = 500
MOST_CHARACTERS = 2000
_EXACT = ("parameters", "folder", "study")
"""What is given on to programs as it is: its size is that of what the user wrote."""


def bounded(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as plain JSON values, cut where they are long; what was cut says so.

    >>> bounded({"reports": list(range(100))})["reports_left_out"]
    60
    """
    return _table(orjson.loads(to_json(facts)), MOST_ITEMS)


def _table(table: dict[str, Any], most: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in list(table.items())[:MOST_ENTRIES]:
        found[name] = value if name in _EXACT else _value(value, most)
        if isinstance(value, list) and len(value) > most:
            found[f"{name}_left_out"] = len(value) - most
    if len(table) > MOST_ENTRIES:
        found["left_out"] = len(table) - MOST_ENTRIES
    return found


def _value(value: Any, most: int) -> Any:
    if isinstance(value, str):
        return plain(value, MOST_CHARACTERS)  # Its end: the last lines of a log or a traceback tell most.
    if isinstance(value, dict):
        return _table(value, most)
    if isinstance(value, list):
        kept = value if len(value) <= most else value[: most // 2] + value[len(value) - most // 2 :]
        return [_value(item, most // 2) for item in kept]
    return value
