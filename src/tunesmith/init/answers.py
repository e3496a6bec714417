"""The answer of a script that was asked for its options: text of a stranger's, checked and cleaned."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from ..config_files.names import NOT_PLAIN
from ..in_script.ask.values import NOT_PLAIN_KEY
from ..text.cleaning import clean, holds_secret, names_secret, short
from .asked import Asked
from .script_option import Form, Kind, ScriptOption
from .why_not_asked import TRAINS

_MOST_BYTES = 16 << 20
_MOST_OPTIONS = 2000
_MOST_NOTES = 20


def read_answer(path: Path) -> Asked:
    """Return the answer in a file that the script's process wrote."""
    malformed = Asked(failure="The script's answer is not what tunesmith's hook writes; --static reads its source.")
    try:
        if path.stat().st_size > _MOST_BYTES:
            return malformed
        answer = json.loads(path.read_text(encoding="utf-8"))
        options = tuple(_options(answer["options"]))
        notes = tuple(short(note, 600) for note in answer["notes"][:_MOST_NOTES])
        framework = short(answer["framework"], 40)
        return Asked(options=options, framework=framework, notes=notes, failure=None if framework else TRAINS)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return malformed


def _options(tables: list[dict[str, Any]]) -> Iterator[ScriptOption]:
    for table in tables[:_MOST_OPTIONS]:
        kind, form = table["kind"], table["form"]
        if kind not in get_args(Kind) or form not in get_args(Form):
            raise ValueError(kind)
        if not _is_clean(table):
            continue
        choices, switch = table["choices"], table["switch"]
        default, value = _value(table["default"]), _value(table["value"])
        secret = _is_secret(table["name"], default) or _is_secret(table["name"], value)
        yield ScriptOption(
            name=str(table["name"]),
            spellings=tuple(map(str, table["spellings"])),
            form=form,
            kind=kind,
            default=NOT_PLAIN if secret else default,
            choices=None if choices is None else tuple(map(_value, choices)),
            required=table["required"] is True,
            help="" if secret else short(table["help"], 1000),
            switch=None if switch is None else (str(switch[0]), str(switch[1])),
            subcommand=tuple(map(str, table["subcommand"])),
            value=NOT_PLAIN if secret else value,
            given=table["given"] is True,
            bounds=(_bound(table["bounds"][0]), _bound(table["bounds"][1])),
        )


def _bound(value: Any) -> float | None:
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _is_clean(table: dict[str, Any]) -> bool:
    """Tell whether the words of an option can stand in a command and on a terminal."""
    words = [table["name"], *table["spellings"], *table["subcommand"], *(table["switch"] or ())]
    return all(isinstance(word, str) and clean(word) == word and len(word) <= 300 for word in words) and bool(words[0])


def _is_secret(name: str, value: Any) -> bool:
    """Tell whether a value may be a password or a token, which is written nowhere."""
    return isinstance(value, str) and value != "" and (names_secret(name) or holds_secret(value))


def _value(value: Any) -> Any:
    if isinstance(value, dict) and NOT_PLAIN_KEY in value:
        return NOT_PLAIN
    if isinstance(value, list):
        values = [_value(element) for element in value]
        return NOT_PLAIN if NOT_PLAIN in values else values
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(type(value).__name__)
