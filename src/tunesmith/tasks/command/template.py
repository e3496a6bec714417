"""Commands with placeholders, and the words that they become for one trial."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from ...core.trial import Value
from ...core.values import shown
from ...errors import InputError, nearest

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
RESERVED = {
    "config": "the path of the trial's config",
    "trial_dir": "the trial's folder",
    "seed": "the trial's own seed",
    "args": "the flags of all parameters",
}
"""The placeholders that are no parameters, with what they become."""
Spellings = Mapping[str, "str | Sequence[str]"]
"""How parameters are written: the words for true and those for false, or words with `{}` for the value."""
FORMS = ("--name value", "--name=value", "name=value")
"""How `{args}` writes the parameters that have no spelling of their own."""


def split_command(command: str | Sequence[str], *, shell: bool) -> list[str]:
    """Split a command into words, before placeholders are filled; a command for a shell stays one word.

    Raises:
        InputError: It is empty, its quotes do not match, or it cannot be passed to a program.
    """
    if not isinstance(command, str):
        if not isinstance(command, Sequence) or not all(isinstance(word, str) for word in command):
            raise InputError(f"a command must be a string or a list of strings, got {shown(command)}.")
        if shell:
            raise InputError("a command for a shell must be one string, got a list.")
        words = list(command)
    elif shell:
        words = [command] if command.strip() else []
    else:
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise InputError(f"a command's quotes must match, but in {shown(command)}: {error}.") from None
    for word in words:
        check_word(word)
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
    names = [*RESERVED, *known]
    for name in placeholders(words):
        if name not in names:
            raise InputError(
                f"unknown placeholder '{{{name}}}'.{nearest(name, names)} Known: {', '.join(names)}. "
                "Write a literal brace twice."
            )
    if not shell and any("{args}" in word.replace("{{", "") and word != "{args}" for word in words):
        raise InputError("{args} becomes several words, so it must stand alone. Put spaces around it.")


def never_alone(words: Sequence[str], spellings: Spellings, *, shell: bool) -> set[str]:
    """Return the placeholders that always need a value: part of a longer word, or without a spelling.

    >>> sorted(never_alone(["train.py", "--lr={lr}", "{amp}"], {"lr": "--lr {}", "amp": ["--amp", ""]}, shell=False))
    ['lr']
    """
    matches = ((word, match) for word in words for match in _PLACEHOLDER.finditer(word) if match[1] is not None)
    return {match[1] for word, match in matches if match[1] not in spellings or not _is_alone(word, match, shell)}


def fill(
    words: Sequence[str],
    values: Mapping[str, Value],
    args: Sequence[str],
    spellings: Spellings | None = None,
    *,
    shell: bool,
) -> list[str]:
    """Return the words of a command with every placeholder replaced.

    Args:
        words: As returned by `split_command`. A value never splits a word, even if it contains spaces.
        values: By placeholder.
        args: The words for `{args}`.
        spellings: A placeholder that stands alone and has an entry here becomes the parameter's own words, unless the
            option stands before it; none if it has no value.
        shell: Whether to quote values.

    Raises:
        InputError: A word cannot be passed to a program.
    """
    spellings = spellings or {}

    def spelled(name: str, before: str) -> list[str] | None:
        """Return a parameter's own words, or None if only its value belongs here."""
        if name not in spellings:
            return None
        own = spell(name, values[name], spellings) if name in values else []
        return None if own and before.split()[-1:] == own[:1] else own

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        if name == "args":
            return shlex.join(args)
        own = spelled(name, match.string[: match.start()]) if shell and _is_alone(match.string, match, shell) else None
        if own is not None:
            return shlex.join(own)
        text = as_word(values[name])
        return shlex.quote(text) if shell else text

    result: list[str] = []
    for word in words:
        alone = None if shell else _PLACEHOLDER.fullmatch(word)
        own = spelled(alone[1], shlex.join(result[-1:])) if alone is not None and alone[1] is not None else None
        if alone is not None and alone[1] == "args":
            result += args
        elif own is not None:
            result += own
        else:
            result.append(_PLACEHOLDER.sub(replace, word))
    for word in result:
        check_word(word)
    return result


def _is_alone(word: str, match: re.Match[str], shell: bool) -> bool:
    """Tell whether a placeholder is a whole word; in a line of shell, whether blanks surround it."""
    before, after = word[: match.start()], word[match.end() :]
    if not shell:
        return not before and not after
    return (not before or before[-1].isspace()) and (not after or after[0].isspace())


def check_word(word: str) -> None:
    """Raise `InputError` for a word that cannot be passed to a program."""
    try:
        usable = b"\0" not in os.fsencode(word)
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise InputError(f"what is passed to a program must be valid text without NUL characters, got {shown(word)}.")


def flags(values: Mapping[str, Value], spellings: Spellings, form: str = FORMS[0]) -> list[str]:
    """Return parameters as command-line flags.

    Args:
        values: By parameter.
        spellings: By parameter; those that are true or false need one, since scripts differ in it.
        form: One of `FORMS`.

    Raises:
        InputError: A parameter is true or false, and has no spelling.

    >>> flags({"lr": 0.1, "n": 3, "amp": True, "sizes": [1, 2], "shift": -1e-5}, {"amp": ["--amp", "--no-amp"]})
    ['--lr', '0.1', '-n', '3', '--amp', '--sizes', '1', '2', '--shift=-1e-05']
    >>> flags({"model.lr": 0.1, "bias": True}, {}, "name=value")
    ['model.lr=0.1', 'bias=true']
    """
    return [word for name, value in values.items() for word in spell(name, value, spellings, form)]


def spell(name: str, value: Value, spellings: Spellings, form: str = FORMS[0]) -> list[str]:
    """Return the words that give a script the value of one parameter; see `flags`."""
    spelling = spellings.get(name)
    if isinstance(spelling, str):
        return [word.replace("{}", _after_equals(word, value)) for word in shlex.split(spelling)]
    if isinstance(value, bool) and (spelling is not None or form == FORMS[0]):
        return shlex.split(_spelling(name, spellings)[0 if value else 1])
    if form == "name=value":
        return [f"{name}={_as_json(value)}"]
    flag = f"-{name}" if len(name) == 1 else f"--{name}"
    if form == "--name=value":
        return [f"{flag}={_as_json(value)}"]
    if isinstance(value, list | tuple):
        return [flag, *map(as_word, value)]
    if len(name) > 1 and (word := _as_json(value)).startswith("-"):
        return [f"{flag}={word}"]
    return [flag, as_word(value)]


def _after_equals(word: str, value: Value) -> str:
    """Return a value as a part of a word; a whole word with a negative number has no exponent."""
    return as_word(value) if word == "{}" else _as_json(value)


def as_word(value: Value) -> str:
    """Return a value as a word of a command: text unchanged, everything else as JSON (`true`, `null`, `[1, 2]`).

    A negative number has no exponent, because argparse takes `-1e-05` for an option.

    >>> as_word(1e-5), as_word(-1e-5)
    ('1e-05', '-0.00001')
    """
    word = _as_json(value)
    return f"{Decimal(word):f}" if isinstance(value, float) and value < 0 and "e" in word else word


def _as_json(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _spelling(name: str, spellings: Spellings) -> Sequence[str]:
    if name not in spellings:
        raise InputError(
            f"{{args}} must know how the script is told that '{name}' is true or false. Add its words for true and "
            f'for false to [task], such as flags = {{ {toml_key(name)} = ["--{name}", "--no-{name}"] }}, where "" '
            "stands for no word.",
            keys=("space", name),
        )
    return spellings[name]


def toml_key(name: str) -> str:
    """Return a parameter's name as a key of TOML."""
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name, ensure_ascii=False)
