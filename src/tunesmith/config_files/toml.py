"""TOML config files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit

from ..errors import InputError
from .names import Route, joined
from .nodes import Malformed


def parse(text: str) -> dict[str, Any]:
    """Return the tables.

    Raises:
        Malformed: It is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise Malformed(str(error), int(line[1]) if line else None) from None


def edited(text: str, changes: Mapping[Route, Any], inserts: Mapping[Route, Any], removed: Sequence[Route]) -> str:
    """Return the text with values changed, new keys added and keys removed."""
    document: Any = tomlkit.parse(text)
    for route, value in {**changes, **inserts}.items():
        _no_nothing(route, value)
        if route in changes and isinstance(_table(document, route)[route[-1]], Mapping):
            raise InputError(
                f"only a value of a TOML file can change, but '{joined(route)}' is a table. Change its keys instead."
            )
        _table(document, route)[route[-1]] = value
    for route in removed:
        del _table(document, route)[route[-1]]
    written = tomlkit.dumps(document)
    # tomlkit ends new lines with \n whatever the file does.
    return re.sub(r"(?<!\r)\n", "\r\n", written) if "\r\n" in text and not re.search(r"(?<!\r)\n", text) else written


def _table(document: Any, route: Route) -> Any:
    for key in route[:-1]:
        document = document[key]
    return document


def _no_nothing(route: Route, value: Any) -> None:
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    if value is None:
        raise InputError(
            f"TOML has no value for 'nothing', but None was given for '{joined(route)}'. "
            "Use another option, or a YAML or JSON config."
        )
    for part in parts:
        _no_nothing(route, part)
