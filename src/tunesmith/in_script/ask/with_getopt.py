"""getopt of the standard library, which knows the options, but no types and no defaults."""

from __future__ import annotations

import functools
import re
import sys
from typing import TYPE_CHECKING

from . import answer, from_command_line, is_asked
from .values import option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType
    from typing import Any


def hook(library: ModuleType) -> None:
    """Hook into the functions that read arguments."""
    for name in ("getopt", "gnu_getopt"):
        setattr(library, name, _asking(getattr(library, name)))


def _asking(original: Any) -> Any:
    @functools.wraps(original)
    def read(args: Any, shortopts: Any, longopts: Any = ()) -> Any:
        result = original(args, shortopts, longopts)
        if is_asked() and from_command_line(args):
            given = dict(result[0])
            spellings = [*_short(shortopts), *_long([longopts] if isinstance(longopts, str) else longopts)]
            answer("getopt", list(_options(spellings, given, sys._getframe(1).f_globals)))
        return result

    return read


def _short(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the one-letter options of a text such as `c:q`, and whether they take a value."""
    letters = text.lstrip("+-")
    for letter, following in zip(letters, f"{letters[1:]} "):
        if letter != ":":
            yield f"-{letter}", following == ":"


def _long(names: Sequence[str]) -> Iterator[tuple[str, bool]]:
    for name in names:
        yield f"--{name.rstrip('=')}", name.endswith("=")


def _options(
    spellings: Sequence[tuple[str, bool]], given: Mapping[str, str], variables: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    usage = "\n".join(text for text in variables.values() if isinstance(text, str))
    source = _source(variables)
    for spelling, takes_value in spellings:
        text, is_given = _help(usage, spelling), spelling in given
        if takes_value:
            cast = _cast(source, spelling)
            kind, value = _typed(given.get(spelling, ""), cast) if is_given else (cast or "str", None)
            yield option([spelling], kind=kind, value=value, given=is_given, text=text)
        else:
            switch = (spelling, "")
            yield option([spelling], kind="bool", default=False, value=True, given=is_given, text=text, switch=switch)


def _source(variables: Mapping[str, Any]) -> str:
    try:
        with open(variables["__file__"], encoding="utf-8", errors="replace") as file:
            return file.read()
    except (KeyError, OSError):
        return ""


def _cast(source: str, spelling: str) -> str:
    """Return the type to which a script turns an option's text: around its name, or in the branch for it."""
    quoted = rf"""["']{re.escape(spelling)}["']"""
    match = re.search(
        rf"\b(int|float)\((?:[\w.]+\()?[^()\n]*{quoted}|{quoted}[^\n]*:\s*\w+\s*=\s*(int|float)\(", source
    )
    return "" if match is None else match[1] or match[2]


def _typed(text: str, cast: str) -> tuple[str, Any]:
    for kind, type_ in (("int", int), ("float", float)):
        try:
            if cast in ("", kind):
                return kind, type_(text)
        except ValueError:
            continue
    return "str", text


def _help(usage: str, spelling: str) -> str:
    """Return what a text on the usage says about an option, as `-c cost : the parameter C`."""
    match = re.search(rf"(?:^|\n|, )[ \t]*{re.escape(spelling)}\b[ =,:]*([^\n]*)", usage)
    return "" if match is None else match[1]
