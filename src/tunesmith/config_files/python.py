"""Python config files: read and edited without being run. An edit touches the value's own characters and no others."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable
from typing import Any

from ..errors import InputError
from .edits import Edits, Malformed
from .names import Route, joined
from .python_tree import Node, Span, tree_of


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: that of the coding cookie, else UTF-8.

    Raises:
        Malformed: It is not in that encoding.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding), encoding
    except (SyntaxError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None


class Document:
    """A Python file.

    Args:
        text: Its text.

    Attributes:
        values: What the module assigns, with `NOT_PLAIN` for values that are not known.

    Raises:
        Malformed: It is not Python.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._root = _tree(text)
        self.values = self._root.plain()

    def edited(self, edits: Edits) -> str:
        """Return the text with the edits made, everything else unchanged, byte for byte.

        Raises:
            InputError: A value cannot be edited where it stands.
            Malformed: An edit breaks the file.
        """
        text, pieces = self._text, []
        for route, value in edits.changed.items():
            node = self._root.at(route)
            _check_editable(route, node)
            pieces.append((node.span, node.before + _literal(value, node, text)))
        text = _spliced(text, pieces)
        for route, value in edits.inserted.items():
            table = _tree(text).at(route[:-1])
            if table.table is None or table.fixed or (table.table and not table.entries):
                raise InputError(
                    f"a new key must go into a table that is written out, but '{joined(route[:-1])}' is none. "
                    f"Add '{joined(route)}' to the file by hand.",
                    keys=(joined(route),),
                )
            text = _with_entry(text, table, _entry(table, route[-1], value, text))
        for route in edits.removed:
            text = _without(text, route)
        return text


def _tree(text: str) -> Node:
    try:
        return tree_of(text, ast.parse(text))
    except SyntaxError as error:
        raise Malformed(error.msg, error.lineno) from None
    except ValueError as error:
        raise Malformed(str(error)) from None


def _check_editable(route: Route, node: Node) -> None:
    reason = "it is a class" if node.style == "body" else node.fixed
    if reason:
        raise InputError(
            f"a value must be editable where it stands, but '{joined(route)}' is not: {reason}. "
            "Write it as an assignment of its own.",
            keys=(joined(route),),
        )


def _literal(value: Any, old: Node | None, text: str) -> str:
    """Write a value in the quotes of the old one, or of most strings of the file."""
    if isinstance(value, str):
        usual = '"' if text.count('"') >= text.count("'") else "'"
        quote = old.style if old is not None and old.style in ("'", '"') else usual
        plain = repr(value)
        return f'"{plain[1:-1]}"' if quote == '"' and not {"'", '"'} & set(value) else plain
    if isinstance(value, list):
        parts = [_literal(part, None, text) for part in value]
        if old is not None and old.style == "tuple":
            return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
        return f"[{', '.join(parts)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k, None, text)}: {_literal(v, None, text)}" for k, v in value.items()) + "}"
    return repr(value)


def _entry(table: Node, key: str, value: Any, text: str) -> str:
    """Write a new entry of a table.

    Raises:
        InputError: The key is no name, where one is needed.
    """
    literal = _literal(value, None, text)
    if table.style == "dict":
        return f"{_literal(key, None, text)}: {literal}"
    if table.style not in ("call", "body") or not key.isidentifier():
        raise InputError(f"a new key must fit where it goes, but '{key}' does not. Add it to the file by hand.")
    return f"{key}={literal}" if table.style == "call" else f"{key} = {literal}"


def _spliced(text: str, pieces: Iterable[tuple[Span, str]]) -> str:
    """Return the text with each span replaced; the spans must not overlap.

    >>> _spliced("a = 1, b = 2", [((4, 5), "10"), ((11, 12), "20")])
    'a = 10, b = 20'
    """
    for (start, end), new in sorted(pieces, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _with_entry(text: str, table: Node, entry: str) -> str:
    """Return the text with one more entry, already written out, at the end of a table."""
    newline = "\r\n" if "\r\n" in text else "\n"
    if not table.entries:
        position = table.span[1] if table.lines else table.span[1] - 1
        missing = newline if table.lines and position and text[position - 1] not in "\r\n" else ""
        return _spliced(text, [((position, position), missing + entry + (newline if table.lines else ""))])
    start, end = table.entries[-1]
    first = _line_start(text, start)
    indent = text[first:start]
    if not indent.isspace() and indent:
        return _spliced(text, [((end, end), f", {entry}")])
    line_end = _line_end(text, end)
    if table.lines:
        return _spliced(text, [((line_end, line_end), newline + indent + entry)])
    comma = _after(text, end)
    if text[comma : comma + 1] == ",":
        position = min(_line_end(text, comma), table.span[1] - 1)
        return _spliced(text, [((position, position), f"{newline}{indent}{entry},")])
    position = line_end if line_end < table.span[1] - 1 else end
    if position == end:
        return _spliced(text, [((end, end), f",{newline}{indent}{entry}")])
    return _spliced(text, [((end, end), ","), ((position, position), newline + indent + entry)])


def _without(text: str, route: Route) -> str:
    """Return the text without a key: without every assignment to it, where there are several."""
    root = _tree(text)
    while _has(root, route):
        table, node = root.at(route[:-1]), root.at(route)
        _check_editable(route, node)
        holder = next((holder for holder in (table, root) if node.whole in holder.entries), None)
        if holder is None:
            raise InputError(
                f"only an entry of a table can be removed, but '{joined(route)}' is none. Change its value instead.",
                keys=(joined(route),),
            )
        text = _without_entry(text, holder, node.whole)
        root = _tree(text)
    return text


def _has(root: Node, route: Route) -> bool:
    try:
        root.at(route)
    except LookupError:
        return False
    return True


def _without_entry(text: str, table: Node, entry: Span) -> str:
    start, end = entry
    if table.lines:
        if len(table.entries) == 1:
            return _spliced(text, [(entry, "pass")])
        return _spliced(text, [(_own_lines(text, start, end) or entry, "")])
    comma = _after(text, end)
    if text[comma : comma + 1] == ",":
        return _spliced(text, [(_own_lines(text, start, comma + 1) or (start, _after_spaces(text, comma + 1)), "")])
    index = table.entries.index(entry)
    if index == 0:
        return _spliced(text, [(_own_lines(text, start, end) or (start, end), "")])
    comma = _after(text, table.entries[index - 1][1])
    lines = _own_lines(text, start, end)
    if lines is None or lines[0] <= comma:
        return _spliced(text, [((comma, end), "")])
    return _spliced(text, [((comma, comma + 1), ""), (lines, "")])


def _own_lines(text: str, start: int, end: int) -> Span | None:
    """Return the span of the lines that hold nothing but this entry and a comment, or None."""
    first, last = _line_start(text, start), _line_end(text, end)
    rest = text[end:last].strip()
    if text[first:start].strip() or (rest and not rest.startswith("#")):
        return None
    for newline in ("\r\n", "\n", "\r"):
        if text.startswith(newline, last):
            return first, last + len(newline)
    return first, last


def _line_start(text: str, position: int) -> int:
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def _line_end(text: str, position: int) -> int:
    ends = [end for newline in "\r\n" if (end := text.find(newline, position)) >= 0]
    return min(ends, default=len(text))


def _after_spaces(text: str, position: int) -> int:
    while text[position : position + 1] in (" ", "\t"):
        position += 1
    return position


def _after(text: str, position: int) -> int:
    """Return the position of the next character that is neither blank nor in a comment."""
    while position < len(text):
        if text[position] == "#":
            position = _line_end(text, position)
        elif text[position].isspace() or text[position] == "\\":
            position += 1
        else:
            break
    return position
