"""Commands with placeholders, and the words that they become for one trial."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Mapping, Sequence

from ...core.trial import Value
from ...errors import InputError, nearest

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_OWN = ("config", "trial_dir", "seed", "args")


def split_command(command: str | Sequence[str], *, shell: bool) -> list[str]:
    """Split a command into words, before placeholders are filled; a command for a shell stays one word.

    Raises:
        InputError: It is empty, or its quotes do not match.
    """
    if not isinstance(command, str):
        words = list(command)
        if shell:
            raise InputError("a command for a shell must be one string, got a list.")
        if not all(isinstance(word, str) for word in words):
            raise InputError(f"a command must be a string or a list of strings, got {words!r}.")
    elif shell:
        words = [command] if command.strip() else []
    else:
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise InputError(f"a command's quotes must match, but in {command!r}: {error}.") from None
    if not words:
        raise InputError("a command must not be empty. Write for example 'python train.py --out {trial_dir}'.")
    return words


def placeholders(words: Sequence[str]) -> list[str]:
    """Return the names in braces, in order.

    >>> placeholders(["train.py", "--lr={lr}", "{{kept}}"])
    ['lr']
    """
    return [match[1] for word in words for match in _PLACEHOLDER.finditer(word) if match[1] is not None]


def check_placeholders(words: Sequence[str], known: Collection[str], *, shell: bool) -> None:
    """Raise `InputError` for an unknown placeholder.

    Args:
        words: The command's words.
        known: The parameters' names.
        shell: Whether it goes through a shell, which allows `{args}` anywhere.
    """
    names = [*_OWN, *known]
    for name in placeholders(words):
        if name not in names:
            raise InputError(
                f"unknown placeholder '{{{name}}}'.{nearest(name, names)} Known: {', '.join(names)}. "
                "Write a literal brace twice."
            )
    if not shell and any("{args}" in word.replace("{{", "") and word != "{args}" for word in words):
        raise InputError("{args} becomes several words, so it must stand alone. Put spaces around it.")


def fill(words: Sequence[str], values: Mapping[str, Value], args: Sequence[str], *, shell: bool) -> list[str]:
    """Return the words of a command with every placeholder replaced.

    Args:
        words: As returned by `split_command`. A value never splits a word, even if it contains spaces.
        values: By placeholder.
        args: The words for `{args}`.
        shell: Whether to quote values.
    """

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        if name == "args":
            return shlex.join(args)
        text = as_word(values[name])
        return shlex.quote(text) if shell else text

    result: list[str] = []
    for word in words:
        result += list(args) if word == "{args}" and not shell else [_PLACEHOLDER.sub(replace, word)]
    return result


def flags(values: Mapping[str, Value]) -> list[str]:
    """Return parameters as command-line flags.

    >>> flags({"lr": 0.1, "n": 3, "amsgrad": True, "bias": False, "sizes": [1, 2]})
    ['--lr', '0.1', '-n', '3', '--amsgrad', '--sizes', '1', '2']
    """
    words: list[str] = []
    for name, value in values.items():
        flag = f"-{name}" if len(name) == 1 else f"--{name}"
        if isinstance(value, bool):
            words += [flag] if value else []
        else:
            words += [flag, *map(as_word, value if isinstance(value, list | tuple) else [value])]
    return words


def as_word(value: Value) -> str:
    """Return a value as a word of a command: text unchanged, everything else as JSON (`true`, `null`, `[1, 2]`)."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
