"""The values in a config file, or the constants in a script, that a draft may tune."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..config_files import contains, find, keys, read, read_all
from ..config_files.names import without_not_plain
from .choosing import Candidate
from .importance import importance
from .name_words import option_words
from .ranges import Guess, guess
from .script_text import ScriptText

_WRAPPERS = {"config", "cfg", "conf", "settings", "params", "hparams", "defaults", "args", "hyperparameters"}


def config_candidates(config: Path, text: ScriptText) -> Iterator[Candidate]:
    """Yield the values in a config file.

    Args:
        config: The file.
        text: The words of the script that reads it.

    Raises:
        InputError: The file is malformed.
    """
    everything = read_all(config)
    values = without_not_plain(everything)
    for key in keys(values):
        value = find(values, key)
        if value in ({}, []):
            continue
        if any(part.isdecimal() for part in key.split(".")):
            yield Candidate(name=key, value=value, guess=Guess(None, "an element of a list"))
            continue
        name = _short_name(everything, key)
        yield Candidate(name=name, value=value, guess=guess(key, value, text=text), importance=importance(key))


def values_in_both(config: Path, values: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the names that a config file has, too: those with the same value, and the others."""
    in_config = read(config)
    both = {name for name in values if contains(in_config, name)}
    same = {name for name in both if find(in_config, name) == values[name]}
    return same, both - same


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
