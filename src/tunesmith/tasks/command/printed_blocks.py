"""Calls and dictionaries in a script's output, apart from the plain text around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from .printed_numbers import WRAPPER

_POINT = r"\d+(?:\.\d+)?\)[ \t]*[=:](?!=)"
"""A number in brackets that belongs to a name, as in `Brier(12.0) = 0.2`."""
_OPENING = re.compile(rf"(?<![\w.])(?!{WRAPPER})[A-Za-z_][\w.]*\((?!{_POINT})|\{{", re.ASCII)
_INSIDE = re.compile(r"""\\.|["'(){}[\]]""")
_MOST_CHARACTERS = 1 << 16

Kind = Literal["plain", "call", "dictionary"]


class Blocks:
    """Splits output into calls such as `Namespace(lr=0.1)`, dictionaries, and plain text.

    A block may span lines that end with a comma or a bracket, as when JSON is printed with an indent. One that is never
    closed is plain text.

    >>> list(Blocks().split("Args(lr=0.1) loss=0.2 {'acc': 0.9}"))
    [('plain', 'Args('), ('call', 'Args(lr=0.1)'), ('plain', ' loss=0.2 {'), ('dictionary', "{'acc': 0.9}")]
    """

    def __init__(self) -> None:
        self._kind: Kind = "plain"
        self._depth = 0
        self._block: list[str] = []
        self._size = 0

    @property
    def is_open(self) -> bool:
        """Whether a block goes on in the next line."""
        return self._depth > 0

    def split(self, line: str) -> Iterator[tuple[Kind, str]]:
        """Yield the parts that a line completes."""
        position, goes_on = 0, self._depth > 0
        while position < len(line):
            if self._depth == 0:
                match = _OPENING.search(line, position)
                end = len(line) if match is None else match.end()
                yield "plain", line[position:end]
                if match is not None:
                    self._kind = "call" if match[0].endswith("(") else "dictionary"
                    self._depth, self._block, self._size, goes_on = 1, [match[0]], 0, False
            else:
                end = self._end_of_block(line, position)
                self._block.append(line[position:end])
                if self._depth == 0:
                    yield self._kind, "".join(self._block)
            position = end
        if self._depth > 0:
            self._block.append("\n")
            self._size += len(line) + 1
            if self._size > _MOST_CHARACTERS or not (goes_on or line.rstrip().endswith((",", "(", "[", "{"))):
                yield from (("plain", text) for text in self.end())

    def end(self) -> list[str]:
        """Return the lines of a block that is not closed, as plain text."""
        lines = "".join(self._block).split("\n") if self._depth > 0 else []
        self._depth, self._block = 0, []
        return lines

    def _end_of_block(self, line: str, position: int) -> int:
        """Return the position behind the block's last bracket, or the line's end."""
        quote = None
        for match in _INSIDE.finditer(line, position):
            mark = match[0]
            if mark in "\"'":
                quote = mark if quote is None else None if quote == mark else quote
            elif quote is None and len(mark) == 1:
                self._depth += 1 if mark in "([{" else -1
                if self._depth == 0:
                    return match.end()
        return len(line)
