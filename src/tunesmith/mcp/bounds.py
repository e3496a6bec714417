"""Facts in a size that an agent can read: the JSON of the command line, with long values cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ..service.facts import to_json
from ..text.cleaning import plain

MAX_ITEMS = 40
"""How many items a list keeps, from both ends; a list within it keeps half as many."""
MAX_ENTRIES = 500
MAX_CHARACTERS = 2000
_EXACT = ("parameters", "folder", "study")
"""What programs pass on must stay exact; the user has written it, so it is not too long."""


def bounded(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as plain JSON values; long ones are cut, and say so.

    >>> bounded({"reports": list(range(100))})["reports_left_out"]
    60
    """
    return _table(orjson.loads(to_json(facts)), MAX_ITEMS)


def _table(table: dict[str, Any], max_items: int) -> dict[str, Any]:
    cut: dict[str, Any] = {}
    for name, value in list(table.items())[:MAX_ENTRIES]:
        cut[name] = value if name in _EXACT else _value(value, max_items)
        if isinstance(value, list) and len(value) > max_items:
            cut[f"{name}_left_out"] = len(value) - max_items
    if len(table) > MAX_ENTRIES:
        cut["left_out"] = len(table) - MAX_ENTRIES
    return cut


def _value(value: Any, max_items: int) -> Any:
    if isinstance(value, str):
        return plain(value, MAX_CHARACTERS)  # The end of a log or a traceback says the most.
    if isinstance(value, dict):
        return _table(value, max_items)
    if isinstance(value, list):
        kept = value
        if len(value) > max_items:
            kept = value[: max_items // 2] + value[len(value) - max_items // 2 :]
        return [_value(item, max_items // 2) for item in kept]
    return value
