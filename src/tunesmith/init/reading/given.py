"""The values of a script's options under the user's own command, from its words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..script_option import ScriptOption
from .literals import as_kind, kind_of


def with_values(options: Iterable[ScriptOption], arguments: Sequence[str]) -> tuple[ScriptOption, ...]:
    """Return options with the values that a command's words give them; those not mentioned have their defaults."""
    options = list(options)
    values: dict[int, Any] = {}
    free: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        index = _index(options, word)
        if index is None:
            if word[:1] != "-" and "=" not in word:
                free.append(word)
            continue
        option = options[index]
        name, equals, text = word.partition("=")
        if option.switch is not None and not (equals or _takes_a_value(option)):
            values[index] = _with_dashes(name) != _with_dashes(option.switch[1])
        elif equals:
            values[index] = as_kind(text, option.kind)
        elif option.kind == "list":
            taken = _until_an_option(words)
            values[index] = _elements(taken, option.default)
            words = words[len(taken) :]
        elif words:
            values[index] = as_kind(words.pop(0), option.kind)
    positional = [index for index, option in enumerate(options) if option.form == "positional"]
    free = [word for word in free if all(word not in option.subcommand for option in options)]
    values.update({index: as_kind(word, options[index].kind) for index, word in zip(positional, free, strict=False)})
    return tuple(
        replace(option, value=values.get(index, option.default), given=index in values)
        for index, option in enumerate(options)
    )


def given_value(arguments: Sequence[str], name: str) -> str | None:
    """Return the text that a command's words give an option `--name`, or None."""
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        option, equals, text = word.partition("=")
        if option.lstrip("-") == name and word[:1] == "-":
            return text if equals else following
    return None


def _index(options: Sequence[ScriptOption], word: str) -> int | None:
    name = _with_dashes(word.partition("=")[0])
    for index, option in enumerate(options):
        spellings = (*option.spellings, *(text.partition("=")[0] for text in option.switch or ()))
        if name in map(_with_dashes, spellings):
            return index
    # As argparse, which takes the beginning of an option's name for the option.
    if name[:2] != "--" or len(name) < 3:
        return None
    matches = [
        index
        for index, option in enumerate(options)
        if any(_with_dashes(spelling).startswith(name) for spelling in option.spellings)
    ]
    return matches[0] if len(matches) == 1 else None


def _with_dashes(word: str) -> str:
    """Return a word with `-` for `_`, which several libraries take for the same."""
    return word.replace("_", "-")


def _elements(words: list[str], default: Any) -> list[Any]:
    kind = kind_of(default[0]) if isinstance(default, list) and default else "str"
    return [as_kind(word, kind) for word in words]


def _takes_a_value(option: ScriptOption) -> bool:
    return option.switch is not None and any("=" in word for word in option.switch)


def _until_an_option(words: Sequence[str]) -> list[str]:
    taken = []
    for word in words:
        if word[:2] == "--":
            break
        taken.append(word)
    return taken
