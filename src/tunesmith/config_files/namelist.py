"""Input files of scientific programs: Fortran's namelists, and lines as `name = value  ! comment`.

Only the characters of an edited value change. Values are numbers (also `1.0d-6`), `.true.` and `.false.`, and texts in
quotes; what else there is, as lists of numbers, is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..core.values import number_in
from ..errors import InputError
from .edits import Edits
from .names import NOT_PLAIN, Route, joined

_GROUP = re.compile(r"\s*(?:&(?!end\b)(\w+)|\[(\w+)\])", re.IGNORECASE)
_END = re.compile(r"\s*(?:/|&end\b)", re.IGNORECASE)
_ENTRY = re.compile(
    r"""(?P<key>[A-Za-z_][\w%.-]*)[ \t]*[=:][ \t]*
        (?P<value>'[^'\n]*'|"[^"\n]*"|[^\s,!#'"=]+)
        (?=[ \t]*(?:,[ \t]*)?(?:[!#].*)?$|[ \t]*,[ \t]*[A-Za-z_][\w%.-]*[ \t]*=)""",
    re.VERBOSE | re.MULTILINE,
)
_COMMENT = re.compile(r"^[ \t]*[!#].*|(?<=[ \t,])[!#].*")
_WORDS = {".true.": True, ".false.": False, "true": True, "false": False}
_EXPONENT = re.compile(r"(?<=[\d.])[dD](?=[-+]?\d)")


class _Entry(NamedTuple):
    """A value, and where it stands."""

    value: Any
    start: int
    end: int


class Document:
    """An input file.

    Args:
        text: Its text.

    Attributes:
        values: A table for each group, and the values outside of groups.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._entries = dict(_entries(text))
        self.values: dict[Any, Any] = {}
        for (*tables, key), entry in self._entries.items():
            table = self.values.setdefault(tables[0], {}) if tables else self.values
            table[key] = entry.value

    def edited(self, edits: Edits) -> str:
        """Return the text with the edits made, everything else unchanged.

        Raises:
            InputError: A key is new or is to be removed, which only the user can do, or a value cannot stand there.
        """
        if others := [*edits.inserted, *edits.removed]:
            raise InputError(
                f"in such a file values can be changed, but none added or removed: '{joined(others[0])}'.",
                keys=(joined(others[0]),),
            )
        text = self._text
        for route, value in sorted(edits.changed.items(), key=lambda item: -self._entries[item[0]].start):
            entry = self._entries[route]
            text = text[: entry.start] + _written(value, text[entry.start : entry.end], route) + text[entry.end :]
        return text


def _entries(text: str) -> Iterator[tuple[Route, _Entry]]:
    group: Route = ()
    start = 0
    for line in text.splitlines(keepends=True):
        if (begins := _GROUP.match(line)) is not None:
            group = (begins[1] or begins[2],)
        comment = _COMMENT.search(line)
        code = line if comment is None else line[: comment.start()].rstrip()
        first = 0 if begins is None else begins.end()
        for match in _ENTRY.finditer(code, first):
            if code[first : match.start()].rstrip()[-1:] not in ("", ","):
                continue  # The last word of a longer name, as in `block size: 1.0`.
            position = start + match.start("value")
            yield (*group, match["key"]), _Entry(_typed(match["value"]), position, start + match.end("value"))
        if _END.match(line):
            group = ()
        start += len(line)


def _typed(text: str) -> Any:
    if text[0] in "'\"":
        return text[1:-1]
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    number = number_in(_EXPONENT.sub("e", text))
    return NOT_PLAIN if number is None else number


def _written(value: Any, old: str, route: Route) -> str:
    """Write a value in the manner of the old one.

    Raises:
        InputError: It would be read as another one.
    """
    if isinstance(value, bool):
        text = str(value).lower()
        text = f".{text}." if old.startswith(".") else text
    elif isinstance(value, str) and old[0] in "'\"":
        text = f"{old[0]}{value}{old[0]}"
    else:
        text = re.sub("e", "d", repr(value)) if isinstance(value, float) and _EXPONENT.search(old) else str(value)
    if "\n" in text or repr(_typed(text or " ")) != repr(value):
        raise InputError(
            f"a value in such a file must be a number, true or false, or a text in quotes, got {value!r} for "
            f"'{joined(route)}'.",
            keys=(joined(route),),
        )
    return text
