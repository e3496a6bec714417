"""YAML config files: read with ruamel.yaml's parser, edited where the values stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from .names import NOT_PLAIN
from .nodes import Malformed, Node

EMPTY = "{}"
"""What a table with nothing in it says."""

# The words of YAML 1.1 are booleans here too, since that is how PyYAML, and with it most scripts, reads them.
_TRUE = ("true", "yes", "on")
_FALSE = ("false", "no", "off")
_NULL = ("", "~", "null", "Null", "NULL")
_INT = re.compile(r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PLAIN_STRING = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")


def parse(text: str) -> Node:
    """Return the document as a tree.

    Raises:
        Malformed: It is no YAML, or more than one document.
    """
    yaml: Any = YAML(typ="safe", pure=True)
    try:
        events: list[Event] = list(yaml.parse(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise Malformed(error.problem or str(error), line) from None
    except YAMLError as error:
        raise Malformed(str(error)) from None
    if sum(isinstance(event, DocumentStartEvent) for event in events) > 1:
        raise Malformed("it has several documents, separated by '---'")
    nodes = [event for event in events if isinstance(event, NodeEvent | MappingEndEvent | SequenceEndEvent)]
    return _Reader(text, nodes).value() if nodes else Node(span=(len(text), len(text)), table={}, lines=True)


def literal(value: Any, old: Node | None, text: str) -> str:
    """Write a value so that readers of YAML 1.1 (PyYAML) and 1.2 agree on it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        # PyYAML takes 1e-05 for a string: it wants the point.
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))
    if isinstance(value, str):
        return _string(value, old.style if old is not None else "")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(part, None, text) for part in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_string(str(k), '')}: {literal(v, None, text)}" for k, v in value.items()) + "}"
    return repr(value)


def entry(table: Node, key: str, value: str, text: str) -> str:
    """Write a new entry of a table."""
    return f"{_string(key, '')}: {value}"


def escaped(text: str) -> str:
    """Return the literal as it is: UTF-8 lacks nothing but lone surrogates, which YAML cannot hold."""
    return text


def _string(value: str, style: str) -> str:
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    is_word = _PLAIN_STRING.fullmatch(value) and not isinstance(_scalar(value), bool) and _scalar(value) is not None
    if style != '"' and is_word and value.lower() not in ("y", "n"):
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _scalar(text: str) -> Any:
    """Return the value of a plain scalar: the core schema of YAML 1.2 (section 10.3), and `_` between digits."""
    if text in _NULL:
        return None
    if text.lower() in (*_TRUE, *_FALSE):
        return text.lower() in _TRUE
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text.replace("_", ""))
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    return text


class _Reader:
    """Turns the parser's events into nodes."""

    def __init__(self, text: str, events: Sequence[Event]) -> None:
        self._text = text
        self._events = iter(events)
        self._anchors: dict[str, Node] = {}
        self._after = 0

    def value(self) -> Node:
        return self._node(next(self._events))

    def _node(self, event: Event) -> Node:
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if isinstance(event, MappingStartEvent):
            node = self._table(event)
        elif isinstance(event, SequenceStartEvent):
            node = self._list(event)
        else:
            assert isinstance(event, ScalarEvent)
            node = self._single(event)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _single(self, event: ScalarEvent) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        if start == end:
            start = end = self._after
        anchor = f"&{event.anchor} " if event.anchor else ""  # kept; a tag is not, since it spoke of the old value
        before = anchor or (" " if start == end else "")
        if event.style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        self._after = end
        style = event.style or ""
        if event.tag is not None:
            value = event.value if event.tag.endswith(":str") else NOT_PLAIN
        else:
            value = event.value if style else _scalar(event.value)
        return Node(span=(start, end), value=value, style=style, before=before)

    def _alias(self, event: AliasEvent) -> Node:
        """Return a copy of what is shared: edited here, it is written out; its parts cannot be."""
        span = (event.start_mark.index, event.end_mark.index)
        self._after = span[1]
        return _shared(self._anchors[event.anchor], span)

    def _table(self, event: MappingStartEvent) -> Node:
        block = not event.flow_style
        node = Node(span=(event.start_mark.index, event.end_mark.index), table={}, lines=block)
        merged: dict[Any, Node] = {}
        assert node.table is not None
        while not isinstance(key := next(self._events), MappingEndEvent):
            name = key.value if isinstance(key, ScalarEvent) else None
            if not isinstance(key, ScalarEvent):
                self._node(key)
            else:
                self._after = key.end_mark.index
            start = key.start_mark.index
            colon = self._text.find(":", self._after)
            self._after = colon + 1 if colon >= 0 else self._after
            inner = self._node(next(self._events))
            inner.whole = start, inner.span[1]
            node.entries.append(inner.whole)
            if name == "<<":
                for source in inner.elements if inner.elements is not None else [inner]:
                    merged = {**(source.table or {}), **merged}
            elif name is not None:
                if name in node.table:
                    raise Malformed(f"the key '{name}' stands twice", key.start_mark.line + 1)
                node.table[name] = inner
        end = key.end_mark.index if not block else self._after
        start = node.entries[0][0] if block and node.entries else node.span[0]
        node.span, self._after = (start, end), end
        for name, source in merged.items():
            if name not in node.table:
                node.table[name] = _shared(source, source.span, merged=True)
        return node

    def _list(self, event: SequenceStartEvent) -> Node:
        elements: list[Node] = []
        self._after = event.end_mark.index
        while not isinstance(inner := next(self._events), SequenceEndEvent):
            elements.append(self._node(inner))
        end = inner.end_mark.index if event.flow_style else self._after
        self._after = end
        return Node(span=(event.start_mark.index, end), elements=elements, lines=not event.flow_style)


def _shared(node: Node, span: tuple[int, int], merged: bool = False) -> Node:
    """Return a copy of an anchored node at the place where it is used again."""
    reason = "merged" if merged else ""
    inner_reason = "it is shared with another part of the file through an anchor"
    copy = Node(span=span, value=node.value, fixed=reason)
    if node.table is not None:
        copy.table = {key: _frozen(part, inner_reason) for key, part in node.table.items()}
    if node.elements is not None:
        copy.elements = [_frozen(part, inner_reason) for part in node.elements]
    return copy


def _frozen(node: Node, reason: str) -> Node:
    copy = Node(span=node.span, value=node.value, fixed=reason)
    if node.table is not None:
        copy.table = {key: _frozen(part, reason) for key, part in node.table.items()}
    if node.elements is not None:
        copy.elements = [_frozen(part, reason) for part in node.elements]
    return copy
