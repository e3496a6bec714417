"""A text file as a tree of values that know where they stand, so that an edit touches nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .names import NOT_PLAIN, Route

Span = tuple[int, int]
"""Start and end of a piece of text, in characters."""


class Malformed(Exception):
    """A file does not follow its format.

    Args:
        reason: What is wrong, in a few words.
        line: Where, counted from 1; None where it is not known.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(kw_only=True)
class Node:
    """A value, a table or a list, and where it stands in the text.

    Args:
        span: The value's own text.
        whole: The text of the whole entry, its key included.
        value: The plain value, or `NOT_PLAIN`; unused for tables and lists.
        table: The entries by key, for a table.
        elements: The elements, for a list.
        entries: The `whole` of every entry, those that have no plain key included, in order.
        lines: Entries stand on lines of their own with the same indent; otherwise in brackets, with commas.
        style: What the format needs to write it again in the same way, as the kind of quote.
        before: What an edited value needs before it, as the space after the colon of an empty YAML value.
        fixed: Why it cannot be edited where it stands; empty where it can.
    """

    span: Span
    whole: Span = (0, 0)
    value: Any = NOT_PLAIN
    table: dict[Any, Node] | None = None
    elements: list[Node] | None = None
    entries: list[Span] = field(default_factory=list)
    lines: bool = False
    style: str = ""
    before: str = ""
    fixed: str = ""

    def plain(self) -> Any:
        """Return the value, with tables as dictionaries, and `NOT_PLAIN` where it is not known."""
        if self.table is not None:
            return {key: node.plain() for key, node in self.table.items()}
        if self.elements is not None:
            return [node.plain() for node in self.elements]
        return self.value

    def at(self, route: Route) -> Node:
        """Return the node at the end of a route.

        Raises:
            LookupError: There is none.
        """
        node = self
        for key in route:
            if node.table is not None:
                node = node.table[key]
            elif node.elements is not None and isinstance(key, int):
                node = node.elements[key]
            else:
                raise KeyError(key)
        return node


def spliced(text: str, pieces: Iterable[tuple[Span, str]]) -> str:
    """Return the text with each span replaced; the spans must not overlap.

    >>> spliced("a = 1, b = 2", [((4, 5), "10"), ((11, 12), "20")])
    'a = 10, b = 20'
    """
    for (start, end), new in sorted(pieces, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def with_entry(text: str, table: Node, entry: str) -> str:
    """Return the text with one more entry at the end of a table.

    Args:
        text: The whole file.
        table: Where the entry goes.
        entry: Key and value, written out.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    if not table.entries:
        place = table.span[1] if table.lines else table.span[1] - 1
        missing = newline if table.lines and place and text[place - 1] not in "\r\n" else ""
        return spliced(text, [((place, place), missing + entry + (newline if table.lines else ""))])
    start, end = table.entries[-1]
    first = _line_start(text, start)
    indent = text[first:start]
    if not indent.isspace() and indent:
        return spliced(text, [((end, end), f", {entry}")])
    line_end = _line_end(text, end)
    if table.lines:
        return spliced(text, [((line_end, line_end), newline + indent + entry)])
    comma = _after(text, end)
    if text[comma : comma + 1] == ",":
        place = min(_line_end(text, comma), table.span[1] - 1)
        return spliced(text, [((place, place), f"{newline}{indent}{entry},")])
    place = line_end if line_end < table.span[1] - 1 else end
    if place == end:
        return spliced(text, [((end, end), f",{newline}{indent}{entry}")])
    return spliced(text, [((end, end), ","), ((place, place), newline + indent + entry)])


def without_entry(text: str, table: Node, entry: Span, empty: str) -> str:
    """Return the text without one entry of a table.

    Args:
        text: The whole file.
        table: Whose entry it is.
        entry: Its `whole`.
        empty: What stands for a table of lines with nothing in it.
    """
    start, end = entry
    if table.lines:
        if len(table.entries) == 1:
            return spliced(text, [(entry, empty)])
        return spliced(text, [(_own_lines(text, start, end) or entry, "")])
    comma = _after(text, end)
    if text[comma : comma + 1] == ",":
        return spliced(text, [(_own_lines(text, start, comma + 1) or (start, _after_spaces(text, comma + 1)), "")])
    place = table.entries.index(entry)
    if place == 0:
        return spliced(text, [(_own_lines(text, start, end) or (start, end), "")])
    comma = _after(text, table.entries[place - 1][1])
    lines = _own_lines(text, start, end)
    if lines is None or lines[0] <= comma:
        return spliced(text, [((comma, end), "")])
    return spliced(text, [((comma, comma + 1), ""), (lines, "")])


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


def _line_start(text: str, place: int) -> int:
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1


def _line_end(text: str, place: int) -> int:
    ends = [found for newline in "\r\n" if (found := text.find(newline, place)) >= 0]
    return min(ends, default=len(text))


def _after_spaces(text: str, place: int) -> int:
    while text[place : place + 1] in (" ", "\t"):
        place += 1
    return place


def _after(text: str, place: int) -> int:
    """Return the place of the next character that is no space and no comment."""
    while place < len(text):
        if text[place] == "#":
            place = _line_end(text, place)
        elif text[place].isspace() or text[place] == "\\":
            place += 1
        else:
            break
    return place
