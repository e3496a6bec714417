"""INI config files, as `configparser` reads them: only the characters of an edited value change.

Their values are text. Here they have the types that scripts usually turn them into: numbers, words for true and false,
lists in JSON, and otherwise text, without the quotes around it. A comment may follow a value, after a blank, where the
parser of the script allows that.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from .edits import Edits
from .names import NOT_PLAIN, Route, joined, value_at

_SECTION = re.compile(r"\[(.+)\]")
_ENTRY = re.compile(r"(?P<key>[^=:]*[^=:\s])[ \t]*(?P<sign>[=:])[ \t]*")
_COMMENT = re.compile(r"[ \t][#;].*$")
_QUOTED = re.compile(r"""(["'])(?P<text>(?:(?!\1).)*)\1(?=[ \t]*$|[ \t]+[#;])""")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORDS = (("true", "false"), ("yes", "no"), ("on", "off"))
"""Words for true and false, in any case."""
_MOST_DIGITS = 300


@dataclass
class _Entry:
    """A key with its value.

    Args:
        key: The key.
        start: Where its first line begins.
        end: Where the line after its last line begins.
        value: Where its value begins and ends, the quotes included; None if there is only a key.
        lines: The text of the value, line by line, without blanks and comments around it.
        quote: The quote around it, or an empty text.
        sign: What separates key and value, with the blanks around it.
    """

    key: str
    start: int
    end: int
    value: tuple[int, int] | None = None
    lines: list[str] = field(default_factory=list)
    quote: str = ""
    sign: str = " = "

    @property
    def typed(self) -> Any:
        """The value, with its type."""
        if self.value is None:
            return NOT_PLAIN
        text = "\n".join(self.lines)
        return text if self.quote else _typed(text)


@dataclass
class _Section:
    """The entries below one header, or before all headers.

    Args:
        end: Where the line after its header begins.
        entries: Its entries by key; of two with the same key the last.
    """

    end: int
    entries: dict[str, _Entry] = field(default_factory=dict)


class Document:
    """An INI file.

    Args:
        text: Its text.

    Attributes:
        values: A table for each section, and the values before the first one.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._top, self._sections = _parsed(text)
        self.values: dict[Any, Any] = {key: entry.typed for key, entry in self._top.entries.items()}
        for name, section in self._sections.items():
            self.values[name] = {key: entry.typed for key, entry in section.entries.items()}

    def edited(self, edits: Edits) -> str:
        """Return the text with the edits made, everything else unchanged.

        Raises:
            InputError: A value cannot stand in such a file, or cannot be edited where it stands.
        """
        pieces: list[tuple[int, int, str]] = []
        lists: dict[Route, Any] = {}
        for route in (*edits.changed, *edits.inserted, *edits.removed):
            key, inner = self._split(route)
            if inner:  # A part of a list, which is written as a whole.
                value = lists.setdefault(key, self._entry(key).typed)
                if route in edits.values:
                    value_at(value, inner[:-1])[inner[-1]] = edits.values[route]
                else:
                    del value_at(value, inner[:-1])[inner[-1]]
            elif route in edits.inserted:
                pieces.append(self._insertion(route, edits.inserted[route]))
            elif route in edits.changed:
                pieces.append(self._change(route, edits.changed[route]))
            else:
                entry = self._entry(route)
                pieces.append((entry.start, entry.end, ""))
        pieces += [self._change(key, value) for key, value in lists.items()]
        text = self._text
        for start, end, new in sorted(pieces, key=lambda piece: piece[:2], reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def _split(self, route: Route) -> tuple[Route, Route]:
        """Return the route of an entry, and that from its list to a part of it."""
        depth = 2 if route[0] in self._sections else 1
        return route[:depth], route[depth:]

    def _section(self, route: Route) -> _Section:
        return self._sections[route[0]] if len(route) > 1 else self._top

    def _entry(self, route: Route) -> _Entry:
        entry = self._section(route).entries.get(route[-1])
        if entry is None or entry.value is None:
            raise InputError(
                f"only a value after '=' or ':' can be edited in an INI file, but '{joined(route)}' is none.",
                keys=(joined(route),),
            )
        return entry

    def _change(self, route: Route, value: Any) -> tuple[int, int, str]:
        entry = self._entry(route)
        assert entry.value is not None
        start, end = entry.value
        blank = " " if not entry.lines[0] and entry.sign.endswith(" ") and self._text[start - 1] in "=:" else ""
        return start, end, blank + _written(value, route, entry)

    def _insertion(self, route: Route, value: Any) -> tuple[int, int, str]:
        section = self._section(route)
        entries = list(section.entries.values())
        position = entries[-1].end if entries else section.end
        sign = next((entry.sign for entry in entries if entry.value is not None), " = ")
        missing = "\n" if position and self._text[position - 1] not in "\r\n" else ""
        return position, position, f"{missing}{route[-1]}{sign}{_written(value, route)}\n"


def _parsed(text: str) -> tuple[_Section, dict[str, _Section]]:
    top = section = _Section(0)
    sections: dict[str, _Section] = {}
    entry: _Entry | None = None
    indent = 0
    for start, line in _lines(text):
        content = line.strip()
        if not content or content[0] in "#;":
            continue
        before = len(line) - len(line.lstrip())
        if entry is not None and before > indent:
            _continue(entry, start, line)
            continue
        indent, entry = before, None
        if header := _SECTION.match(content):
            section = sections.setdefault(header[1], _Section(start + len(line)))
            section.end = start + len(line)
        else:
            entry = _entry_of(start, line)
            section.entries.pop(entry.key, None)
            section.entries[entry.key] = entry
    return top, sections


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield every line with its position, with its end."""
    for match in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text):
        yield match.start(), match[0]


def _entry_of(start: int, line: str) -> _Entry:
    content = line.rstrip("\r\n")
    match = _ENTRY.match(content)
    if match is None:
        return _Entry(content.strip(), start, start + len(line))
    entry = _Entry(match["key"].strip(), start, start + len(line), sign=content[match.end("key") : match.end()])
    if not entry.sign.endswith((" ", "\t")) and not content[match.end() :]:
        entry.sign = f"{entry.sign} " if entry.sign[0].isspace() else entry.sign
    rest = content[match.end() :]
    quoted = _QUOTED.match(rest)
    if quoted is not None:
        entry.quote, entry.lines = quoted[1], [quoted["text"]]
        entry.value = start + match.end(), start + match.end() + quoted.end()
    else:
        plain = _COMMENT.sub("", rest).rstrip()
        entry.lines = [plain]
        entry.value = start + match.end(), start + match.end() + len(plain)
    return entry


def _continue(entry: _Entry, start: int, line: str) -> None:
    """Add a line that is indented deeper than its key to the value of the key."""
    plain = _COMMENT.sub("", line.rstrip("\r\n")).rstrip()
    entry.end = start + len(line)
    if entry.value is not None:
        if entry.quote:
            entry.lines, entry.quote = [f"{entry.quote}{entry.lines[0]}{entry.quote}"], ""
        entry.lines.append(plain.strip())
        entry.value = entry.value[0], start + len(plain)


def _typed(text: str) -> Any:
    if len(text) <= _MOST_DIGITS and _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    for words in _WORDS:
        if text.lower() in words:
            return text.lower() == words[0]
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _written(value: Any, route: Route, old: _Entry | None = None) -> str:
    """Write a value in the manner of the old one.

    Raises:
        InputError: It would be read as another one.
    """
    quote = old.quote if old is not None else ""
    if isinstance(value, bool):
        text = _word(value, "\n".join(old.lines) if old is not None else "")
    elif isinstance(value, int | float | list):
        text = json.dumps(value)
    elif isinstance(value, str):
        text = f"{quote}{value}{quote}"
    else:
        text = str(value)
    line = f"key = {text}\n"
    again = _entry_of(0, line)
    if "\n" in text or "\r" in text or repr(again.typed) != repr(value) or again.value != (6, 6 + len(text)):
        raise InputError(
            "a value in an INI file must be a number, true or false, a list, or a line of text that does not look like "
            f"one of these and has no comment in it, got {value!r} for '{joined(route)}'.",
            keys=(joined(route),),
        )
    return text


def _word(value: bool, old: str) -> str:
    words = next((words for words in _WORDS if old.lower() in words), _WORDS[0])
    word = words[0 if value else 1]
    return word.upper() if old.isupper() else word.title() if old.istitle() else word
