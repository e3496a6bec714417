"""The values in a config file, or the constants in a script, that a draft may tune."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..config_files import find, keys, read, read_all
from ..config_files.names import joined, route_of, without_not_plain
from ..core.values import number_in
from ..errors import InputError
from .choosing import Candidate
from .importance import importance
from .name_words import option_words, reason_to_leave
from .ranges import Guess, guess
from .script_text import ScriptText
from .section_comments import sections

_WRAPPERS = {"config", "cfg", "conf", "settings", "params", "hparams", "defaults", "args", "hyperparameters"}
_FIXED = re.compile(
    r"""^[ \t]*["']?(?P<name>\w+)["']?[ \t]*[:=].*[#!;].*\b(?:do\ not|don't|never)\ (?:ever\ )?
        (?:change|touch|tune|modify|edit)\b""",
    re.MULTILINE | re.IGNORECASE | re.VERBOSE,
)
"""A value that must stay, as its comment says."""


def config_candidates(config: Path, text: ScriptText, words: Collection[str] = ()) -> Iterator[Candidate]:
    """Yield the values in a config file.

    Args:
        config: The file.
        text: The words of the script that reads it.
        words: The values of the script's options. Where one chooses between tables, the others are not in use.

    Raises:
        InputError: The file is malformed.
    """
    everything = read_all(config)
    values = without_not_plain(everything)
    unused = _not_chosen(values, words)
    written = config.read_text(encoding="utf-8", errors="replace")
    fixed = {match["name"] for match in _FIXED.finditer(written)}
    section_of = sections(written)
    for key in keys(values):
        value = find(values, key)
        if isinstance(value, str) and (number := number_in(value)) is not None:
            value = number
        if value in ({}, []):
            continue
        if key.partition(".")[0] in unused:
            yield Candidate(name=key, value=value, guess=Guess(None, "of another case than that of your command"))
            continue
        if key.rpartition(".")[2] in fixed:
            yield Candidate(name=_short_name(everything, key), value=value, guess=Guess(None, "its comment says so"))
            continue
        if any(part.isdecimal() for part in key.split(".")):
            yield Candidate(name=key, value=value, guess=Guess(None, "an element of a list"))
            continue
        name = _short_name(everything, key)
        last = key.rpartition(".")[2]
        reason = reason_to_leave(f"{section_of[last]}.{last}") if last in section_of else None
        guessed = guess(key, value, text=text) if reason is None else Guess(None, reason)
        yield Candidate(name=name, value=value, guess=guessed, importance=importance(key))


def _not_chosen(values: Mapping[str, Any], words: Collection[str]) -> set[str]:
    """Return the tables at the top that are other cases than one whose name is among the words, with keys as it has."""
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    chosen = [name for name in tables if name in words]
    others = {name for name in tables if name not in words}
    is_case = len(chosen) == 1 and all(tables[name].keys() & tables[chosen[0]].keys() for name in others)
    return others if is_case else set()


def names_in_config(config: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the name among the `config_candidates` of each name that a config file has, too.

    A name is that of a key in the file if only `_` stands for `-`, or the table at the top is left out. Where several
    keys have it, the text is empty.

    Raises:
        InputError: The file is malformed.
    """
    values = read(config)
    found = {name: _key_of(values, name) for name in names}
    return {name: key and _short_name(values, key) for name, key in found.items() if key is not None}


def key_in_config(config: Path, name: str) -> str | None:
    """Return the full key of a name in a config file, empty if several have it, or None if none does.

    Raises:
        InputError: The file is malformed.
    """
    return _key_of(read(config), name)


def is_value_of(config: Path, name: str, value: Any) -> bool:
    """Tell whether a config file has this value."""
    return bool(find(read(config), name) == value)


def _key_of(values: Mapping[str, Any], name: str) -> str | None:
    for spelling in (name, name.replace("-", "_"), name.replace("_", "-")):
        try:
            route = route_of(values, spelling)
        except InputError:  # Several keys have this name.
            return ""
        if route is not None:
            return joined(route)
    return None


def _short_name(values: Mapping[str, Any], key: str) -> str:
    """Return a key without the top table if that only wraps the others, as `CONFIG`, and the name stays unique.

    Args:
        values: What the file holds, those included that are not plain: an edit must know `lr` from `optimizer.lr`.
        key: The key.
    """
    top, _, rest = key.partition(".")
    if not rest or not isinstance(values.get(top), dict) or not _WRAPPERS & {*option_words(top)}:
        return key
    others = [values, *(value for name, value in values.items() if name != top and isinstance(value, dict))]
    return key if any(rest.partition(".")[0] in other for other in others) else rest
