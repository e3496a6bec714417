"""JSON config files."""

from __future__ import annotations

import json
from typing import Any

from .nodes import Malformed, Node

EMPTY = ""
"""Unused: a JSON table always stands in braces."""

_SPACES = " \t\r\n"


def parse(text: str) -> Node:
    """Return the document as a tree.

    Raises:
        Malformed: It is no JSON.
    """
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise Malformed(error.msg, error.lineno) from None
    node, _ = _value(text, _skip(text, 0))
    return node


def literal(value: Any, old: Node | None, text: str) -> str:
    """Write a value as JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def entry(table: Node, key: str, value: str, text: str) -> str:
    """Write a new entry of a table."""
    colon = ":" if '":' in text and '": ' not in text and '":\n' not in text else ": "
    return f"{json.dumps(key, ensure_ascii=False)}{colon}{value}"


def escaped(text: str) -> str:
    """Write a literal with escapes only."""
    return json.dumps(json.loads(text))


def _value(text: str, start: int) -> tuple[Node, int]:
    """Return the value that starts here, and its end. The text is known to be JSON."""
    if text[start] == "{":
        return _table(text, start)
    if text[start] == "[":
        return _list(text, start)
    value, end = json.JSONDecoder().raw_decode(text, start)
    return Node(span=(start, end), value=value), end


def _table(text: str, start: int) -> tuple[Node, int]:
    node = Node(span=(start, start), table={})
    assert node.table is not None
    place = _skip(text, start + 1)
    while text[place] != "}":
        key, after = json.JSONDecoder().raw_decode(text, place)
        inner, end = _value(text, _skip(text, text.index(":", after) + 1))
        inner.whole = place, end
        node.entries.append(inner.whole)
        node.table.pop(key, None)
        node.table[key] = inner
        place = _skip(text, end)
        place = _skip(text, place + 1) if text[place] == "," else place
    node.span = start, place + 1
    return node, place + 1


def _list(text: str, start: int) -> tuple[Node, int]:
    elements: list[Node] = []
    place = _skip(text, start + 1)
    while text[place] != "]":
        inner, end = _value(text, place)
        elements.append(inner)
        place = _skip(text, end)
        place = _skip(text, place + 1) if text[place] == "," else place
    return Node(span=(start, place + 1), elements=elements), place + 1


def _skip(text: str, place: int) -> int:
    while text[place : place + 1] and text[place] in _SPACES:
        place += 1
    return place
