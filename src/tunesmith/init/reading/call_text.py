"""Calls in the text of R and Julia: their arguments and plain values, found without a parser of the language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...config_files.names import NOT_PLAIN
from ..script_option import Kind

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_NAMED = re.compile(r"\s*([A-Za-z_][\w.]*)\s*=(?!=)\s*(.*)", re.DOTALL)
_WORDS = {
    "TRUE": True, "T": True, "true": True, "FALSE": False, "F": False, "false": False, "NULL": None, "NA": None,
    "nothing": None,
}  # fmt: skip
_TYPES: dict[str, Kind] = {
    "double": "float", "numeric": "float", "float": "float", "integer": "int", "int": "int", "logical": "bool",
    "character": "str", "str": "str", "string": "str",
}  # fmt: skip


def without_comments(text: str) -> str:
    """Return a text without what follows `#` on a line, outside of strings."""
    return "\n".join(_before_comment(line) for line in text.split("\n"))


def calls_of(text: str, pattern: str) -> Iterator[str]:
    """Yield what stands in the parentheses of each call of a function whose name matches a pattern."""
    for match in re.finditer(rf"(?<![\w.]){pattern}\s*\(", text):
        end = _closing(text, match.end() - 1)
        if end is not None:
            yield text[match.end() : end]


def arguments_of(text: str) -> tuple[list[str], dict[str, str]]:
    """Return the arguments of a call without a name, and those with one, as text."""
    unnamed, named = [], {}
    for part in split(text):
        match = _NAMED.fullmatch(part)
        if match is not None:
            named[match[1]] = match[2].strip()
        elif part.strip():
            unnamed.append(part.strip())
    return unnamed, named


def split(text: str) -> list[str]:
    """Return the parts of a text between commas outside of strings and brackets."""
    parts, start, index = [], 0, 0
    while index < len(text):
        if text[index] in "\"'":
            index = _end_of_string(text, index)
        elif text[index] in _CLOSING:
            index = _closing(text, index) or len(text)
        elif text[index] == ",":
            parts.append(text[start:index])
            start = index + 1
        index += 1
    return [*parts, text[start:]]


def value_of(text: str | None) -> Any:
    """Return the value of a literal of R or Julia, or of a vector of them; else `NOT_PLAIN`."""
    if text is None:
        return None
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > 1 and text[0] in "\"'" and _end_of_string(text, 0) == len(text) - 1:
        return text[1:-1]
    vector = re.fullmatch(r"(?:c|list)?\s*[(\[](.*)[)\]]", text, re.DOTALL)
    if vector is not None:
        values = [value_of(part) for part in split(vector[1]) if part.strip()]
        return NOT_PLAIN if NOT_PLAIN in values else values
    number = re.fullmatch(r"([-+]?\d+)L?", text)
    if number is not None:
        return int(number[1])
    try:
        return float(re.sub(r"(?<=\d)f(?=[-+]?\d)", "e", text))
    except ValueError:
        return NOT_PLAIN


def kind_of_type(type_: Any, default: Any) -> Kind:
    """Return the kind of an option by the name of its type, or by its default."""
    if isinstance(type_, str) and type_ in _TYPES:
        return _TYPES[type_]
    for kind, types in (("bool", bool), ("int", int), ("float", float), ("list", list)):
        if isinstance(default, types):
            return kind  # type: ignore[return-value]
    return "str"


def _before_comment(line: str) -> str:
    index = 0
    while index < len(line):
        if line[index] in "\"'":
            index = _end_of_string(line, index)
        elif line[index] == "#":
            return line[:index]
        index += 1
    return line


def _end_of_string(text: str, start: int) -> int:
    index = start + 1
    while index < len(text) and text[index] != text[start]:
        index += 2 if text[index] == "\\" else 1
    return index


def _closing(text: str, start: int) -> int | None:
    depth, index = 0, start
    while index < len(text):
        if text[index] in "\"'":
            index = _end_of_string(text, index)
        elif text[index] in _CLOSING:
            depth += 1
        elif text[index] in _CLOSING.values():
            depth -= 1
            if depth == 0:
                return index
        index += 1
    return None
