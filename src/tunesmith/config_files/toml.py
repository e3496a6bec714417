"""TOML config files: read with the standard library, edited with tomlkit, which keeps comments and formatting."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit

from ..errors import InputError
from .edits import Edits, Malformed
from .names import Route, joined, value_at


class Document:
    """A TOML file.

    Args:
        text: Its text.

    Attributes:
        values: Its tables.

    Raises:
        Malformed: It is not TOML.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            self.values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            raise Malformed(str(error), int(line[1]) if line else None) from None

    def edited(self, edits: Edits) -> str:
        """Return the text with the edits made.

        Raises:
            InputError: A value is None, or would replace a whole table.
        """
        root: Any = tomlkit.parse(self._text)
        for route, value in edits.values.items():
            _check_no_none(route, value)
            if route in edits.changed and isinstance(value_at(root, route), Mapping):
                raise InputError(
                    f"only a value of a TOML file can change, but '{joined(route)}' is a table. "
                    "Change its keys instead."
                )
            value_at(root, route[:-1])[route[-1]] = value
        for route in edits.removed:
            del value_at(root, route[:-1])[route[-1]]
        return tomlkit.dumps(root)


def _check_no_none(route: Route, value: Any) -> None:
    if value is None:
        raise InputError(
            f"a TOML value must not be None, which TOML cannot hold, got None for '{joined(route)}'. "
            "Use another option, or a YAML or JSON config."
        )
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        _check_no_none(route, part)
