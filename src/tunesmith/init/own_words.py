"""The options in the words of the user's own command, where the script does not tell them, or its config has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..config_files import find, read
from .asked import Asked
from .command_line import CommandLine
from .config_candidates import key_in_config
from .notebook_command import is_notebook
from .option_guess import name_of
from .reading.literals import kind_of, number_of
from .script_option import ScriptOption

OWN_WORDS = "the command's own words"
"""What stands for a framework where only the command tells the options."""
_JOINED = re.compile(r"((?:--?)?[A-Za-z][\w.-]*)=(.*)", re.DOTALL)
_ALONE = re.compile(r"--?[A-Za-z][\w.-]*")
_BOOLEANS = {"true": "false", "false": "true", "True": "False", "False": "True"}


def options_in_words(command: CommandLine) -> list[ScriptOption]:
    """Return the options that a command gives a number, or true or false, in the command's own spelling.

    Args:
        command: The user's command.
    """
    found = {option.name: option for option in _options(command.arguments)}
    return [option for option in found.values() if option.kind in ("int", "float", "bool")]


def options_in_config(command: CommandLine, config: Path, options: Sequence[ScriptOption]) -> list[ScriptOption]:
    """Return the options, and what a command gives with a name that only a config file has.

    The script takes those from the command, whatever an edited copy of the file says.

    Args:
        command: The user's command.
        config: The config file.
        options: The options that are known.

    Raises:
        InputError: The file is malformed.
    """
    is_program = config == command.path or is_notebook(config)  # Its words may be meant for another program.
    words = {
        option.name: option for option in _options(command.arguments) if option.form != "--name value" or not is_program
    }
    values = read(config)
    others = [option for option in options if option not in words.values()]
    known = {name_of(option).replace("-", "_") for option in others}
    known |= {spelling.lstrip("-").replace("-", "_") for option in others for spelling in option.spellings}
    added = {
        name: _typed(option, find(values, key))
        for name, option in words.items()
        if name.replace("-", "_") not in known and (key := key_in_config(config, name))
    }
    return [*(option for option in options if name_of(option) not in added), *added.values()]


def with_left_words(asked: Asked, command: CommandLine) -> Asked:
    """Add the words of a command that a parser of argparse does not know, as the script reads them in another way.

    Args:
        asked: The script's own answer.
        command: The user's command.
    """
    if asked.framework != "argparse":
        return asked
    known = {spelling for option in asked.options for spelling in (name_of(option), *option.spellings)}
    plain = {spelling.lstrip("-").replace("-", "_") for spelling in known}
    left = {
        option.name: option
        for option in options_in_words(command)
        if option.spellings[0].startswith("--")
        and "--" not in command.arguments
        and not any(spelling.startswith(option.name.replace("-", "_")) for spelling in plain)
    }
    return replace(asked, options=(*asked.options, *left.values())) if left else asked


def _typed(option: ScriptOption, present: Any) -> ScriptOption:
    """Return an option whose number is a fraction if that in the config is one."""
    if option.kind == "int" and isinstance(present, float):
        return replace(option, kind="float", default=float(option.value), value=float(option.value))
    return option


def _options(words: Sequence[str]) -> Iterator[ScriptOption]:
    for index, word in enumerate(words):
        joined = _JOINED.fullmatch(word)
        if joined is not None:
            form = "--name=value" if word.startswith("-") else "name=value"
            yield _option(joined[1], form, joined[2])
        elif _ALONE.fullmatch(word) and index + 1 < len(words):
            following = words[index + 1 : index + 3]
            if not _is_plain(following[0]) or (len(following) > 1 and _is_plain(following[1])):
                continue  # It takes no value, or several.
            yield _option(word, "--name value", following[0])


def _is_plain(word: str) -> bool:
    return word in _BOOLEANS or not isinstance(number_of(word), str)


def _option(spelling: str, form: Any, text: str) -> ScriptOption:
    value = text in ("true", "True") if text in _BOOLEANS else number_of(text)
    switch = None
    if isinstance(value, bool) and form != "--name value":
        other = _BOOLEANS[text]
        true, false = (text, other) if value else (other, text)
        switch = (f"{spelling}={true}", f"{spelling}={false}")
    is_list = isinstance(value, str) and value[:1] in ("[", "(", "{")
    return ScriptOption(
        name=spelling.lstrip("-"),
        spellings=(spelling,),
        form=form,
        kind="list" if is_list else kind_of(value),
        default=value,
        value=value,
        given=True,
        switch=switch,
    )
