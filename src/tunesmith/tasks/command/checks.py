"""Checks of a command before a study starts: every parameter reaches it, and its files exist."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError, nearest
from ...text.shell import command
from .template import placeholders

if TYPE_CHECKING:
    from ...core.space import SearchSpace


def check_config(words: Sequence[str], config: str | None) -> None:
    """Check that a command contains `{config}` if, and only if, there is a config file.

    Raises:
        InputError: It is missing, or there is no config file.
    """
    used = placeholders(words)
    if config is None and "config" in used:
        raise InputError('the command has {config}, but no config is given. Add config = "the file\'s path".')
    if config is not None and "config" not in used:
        raise InputError(
            f"the script would never see its edited config {config}: the command must have {{config}}. "
            "Write for example --config {config}."
        )


def check_parameters(words: Sequence[str], space: SearchSpace, in_config: Collection[str], config: Path | None) -> None:
    """Check that every parameter reaches the script: by the command, or by the config file.

    Args:
        words: The command's words, with placeholders.
        space: The search space.
        in_config: The parameters that exist in the config file.
        config: The config file.

    Raises:
        InputError: One does not; its keys name the parameter.
    """
    used = placeholders(words)
    for name, parameter in space.parameters.items():
        if name in used and parameter.when:
            raise InputError(
                f"'{name}' is not active in every trial, so {{{name}}} would have no value. Use {{args}} instead."
            )
        if name in used or name in in_config or "args" in used or (config is not None and parameter.when):
            continue
        where = f"it is not in the command. Put {{{name}}} or {{args}} there."
        if config is not None:
            from ... import config_files

            known = config_files.keys(config_files.read(config))
            where = f"{config.name} has no such key.{nearest(name, known)} Correct it, or put {{{name}}} or "
            where += "{args} into the command."
        raise InputError(
            f"every parameter must reach the script, but '{name}' would not: {where}", keys=("space", name)
        )


def check_program(words: Sequence[str], folder: Path) -> None:
    """Check that the program and the script of a command exist.

    Raises:
        InputError: One is missing or not executable.
    """
    program = words[0]
    if "{" not in program and shutil.which(program if "/" not in program else str(folder / program)) is None:
        if "/" in program and (folder / program).is_file():
            raise InputError(
                f"{program} must be executable, but it is not. Run {command('chmod', '+x', program)}, or "
                f"name what runs it, as in '{command('sh', program)}'."
            )
        raise InputError(f"there is no program '{program}' that can be run. Install it, or correct its name.")
    for word in words[1:]:
        is_script = word.endswith((".py", ".sh")) and not word.startswith("-") and "{" not in word
        if is_script and not (folder / word).exists():
            known = [path.name for path in folder.iterdir()] if folder.is_dir() else []
            raise InputError(f"missing script: there is no {word} in {folder}.{nearest(word, known)}")
        if is_script:
            return  # the first such word is the script; later ones may be files that it will write
