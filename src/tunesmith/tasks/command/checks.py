"""Checks of a command before a study starts: every parameter reaches it, and its files exist."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ...core.parameters import Choice, Parameter
from ...core.trial import Value
from ...core.values import exact, shown
from ...errors import InputError, nearest
from ...text.shell import command
from .printed_names import is_printable
from .replaced_config import check_replaceable
from .script_options import is_file, why_true
from .template import FORMS, RESERVED, Spellings, placeholders, toml_key

if TYPE_CHECKING:
    from ...core.space import SearchSpace

_ANOTHER_VALUE: Final = "a value that no parameter has"


class Rendered(NamedTuple):
    """What a script is given for some parameters: its words, and the values in its config."""

    words: tuple[str, ...]
    config: tuple[Hashable, ...]


def check_config(words: Sequence[str], config: str | None, *, shell: bool) -> None:
    """Check that an edited config reaches the script: through `{config}`, or in place of the original.

    Raises:
        InputError: It cannot, or there is no config file.
    """
    used = placeholders(words)
    if config is None and "config" in used:
        raise InputError('the command has {config}, but no config is given. Add config = "the file\'s path".')
    if config is not None and "config" not in used:
        check_replaceable(words, config, shell=shell)


def check_flags(flags: Spellings, spelling: str) -> None:
    """Check that each entry of `flags` has the words for true and other words for false, or words with `{}`.

    Raises:
        InputError: One does not, or `spelling` is none that is known.
    """
    if spelling not in FORMS:
        raise InputError(
            f"spelling must be one of {', '.join(map(shown, FORMS))}, got {shown(spelling)}.", keys=("spelling",)
        )
    for name, words in flags.items():
        _check_words(name, words)


def _check_words(name: str, spelling: str | Sequence[str]) -> None:
    if isinstance(spelling, str) and "{}" in spelling:
        try:
            shlex.split(spelling)
        except ValueError as error:
            message = f"quotes must match, but in {shown(spelling)}: {error}."
            raise InputError(message, keys=("flags", name)) from None
    else:
        try:
            is_pair = isinstance(spelling, list | tuple) and len([shlex.split(text) for text in spelling]) == 2
        except (AttributeError, TypeError, ValueError):
            is_pair = False
        if not is_pair or spelling[0] == spelling[1]:
            raise InputError(
                f'expected the words for true and those for false, as ["--{name}", "--no-{name}"], or words with {{}} '
                f'for the value, as "--{name}={{}}", got {spelling!r}.',
                keys=("flags", name),
            )


def check_names(
    words: Sequence[str], space: SearchSpace, in_config: Collection[str], never_alone: Collection[str]
) -> None:
    """Check that every placeholder means one thing: no parameter has the name of one that tunesmith fills itself.

    Args:
        words: The command's words, with placeholders.
        space: The search space.
        in_config: The parameters that exist in the config file.
        never_alone: The placeholders that need a value in every trial.

    Raises:
        InputError: A parameter has such a name, or its placeholder would have no value in some trials.
    """
    used = placeholders(words)
    for name, parameter in space.parameters.items():
        if name in RESERVED and name in used:
            other = f"training_{name}"
            advice = f"Rename it in [space], for example to {other}, and write '--{name} {{{other}}}' in the command"
            if name in in_config and name != "config":
                advice += f", or take {{{name}}} out of the command, so that the key in the config is tuned"
            raise InputError(
                f"a parameter must not have the name of a placeholder, but in this command {{{name}}} is "
                f"{RESERVED[name]}, so the parameter '{name}' would never reach the script. {advice}.",
                keys=("space", name),
            )
        if name in never_alone and parameter.when:
            raise InputError(
                f"'{name}' is not active in every trial, so {{{name}}} would have no value. Use {{args}} instead, or "
                f'let {{{name}}} stand alone and add its words to [task], as flags = {{ {toml_key(name)} = "--{name} '
                '{}" }.'
            )


def check_parameters(
    space: SearchSpace,
    render: Callable[[Mapping[str, Value]], Rendered],
    used: Collection[str],
    *,
    config: Path | None,
    texts: Collection[str],
) -> None:
    """Check that every parameter reaches the script: what the script is given must differ with its value.

    Args:
        space: The search space.
        render: Returns what the script is given for some parameters.
        used: The placeholders of the command; `render` needs their values.
        config: The config file.
        texts: The text of the script.

    Raises:
        InputError: One does not, two of its options look the same, or the script would read false as true; its keys
            name the parameter.
    """
    examples = {name: _examples(parameter) for name, parameter in space.parameters.items()}
    others = {name: values[0] for name, values in examples.items() if name in used}
    for name, values in examples.items():
        try:
            rendered = [render({**others, name: value}) for value in values]
        except InputError as error:
            raise error if error.keys else error.inside("space", name) from None
        if render({**others, name: _ANOTHER_VALUE}) in rendered:
            raise InputError(
                f"every parameter must reach the script, but '{name}' would not: {_remedy(name, config)}",
                keys=("space", name),
            )
        alike: dict[Rendered, Value] = {}
        for value, given in zip(values, rendered, strict=True):
            first = alike.setdefault(given, value)
            if exact(first) != exact(value):
                raise InputError(
                    f"the options of '{name}' must differ for the script, but {first!r} and {value!r} become the same "
                    "words. Leave one out.",
                    keys=("space", name),
                )
            if value is False or (isinstance(value, str) and value.lower() in ("false", "no")):
                reason = why_true(given.words, rendered[0 if given is not rendered[0] else -1].words, texts)
                if reason is not None:
                    message = f"'{name}' must be false in the script where it is false here, but {reason}."
                    raise InputError(message, keys=("space", name))


def _examples(parameter: Parameter) -> Sequence[Value]:
    return parameter.options if isinstance(parameter, Choice) else (parameter.low, parameter.high)


def _remedy(name: str, config: Path | None) -> str:
    if config is None:
        return f"it is not in the command. Put {{{name}}} or {{args}} there."
    from ... import config_files

    known = config_files.keys(config_files.read(config))
    return (
        f"{config.name} has no such key.{nearest(name, known)} Correct it, or put {{{name}}} or {{args}} into the "
        "command."
    )


def check_metrics(metrics: str | None, names: Sequence[str]) -> None:
    """Check that the metrics can be read from where the script writes them.

    Raises:
        InputError: They come from the output, and one has a name that is never read there.
    """
    for name in names:
        if metrics == "stdout" and not is_printable(name):
            raise InputError(
                "a metric that is read from the output must have a name of letters, digits, and any of _ . / @ -, got "
                f"'{name}'. Rename it, for example to '{_printable(name)}', or let the script write "
                'metrics.json into {trial_dir}, with metrics = "metrics.json".',
                keys=("task", "metrics"),
            )


def _printable(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_./-]+", "_", name).strip("_")
    return plain if is_printable(plain) else f"metric_{plain}".rstrip("_")


def check_program(words: Sequence[str], folder: Path) -> None:
    """Check that the program and the script of a command exist.

    Raises:
        InputError: One is missing or not executable.
    """
    program = words[0]
    if "{" not in program and shutil.which(program if "/" not in program else str(folder / program)) is None:
        if "/" in program and is_file(folder / program):
            raise InputError(
                f"{program} must be executable, but it is not. Run {command('chmod', '+x', program)}, or "
                f"name what runs it, as in '{command('sh', program)}'."
            )
        raise InputError(f"there is no program '{program}' that can be run. Install it, or correct its name.")
    for word in words[1:]:
        is_script = word.endswith((".py", ".sh")) and not word.startswith("-") and "{" not in word
        if is_script and not is_file(folder / word):
            known = [path.name for path in folder.iterdir()] if folder.is_dir() else []
            raise InputError(f"missing script: there is no {word} in {folder}.{nearest(word, known)}")
        if is_script:
            return  # the first such word is the script; later ones may be files that it will write
