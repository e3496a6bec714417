"""How a script gets its config file: named by an option or an argument, or read by the script itself."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config_files import SUFFIXES, find, keys, read
from ..core.values import number_in
from ..errors import InputError
from .command_line import CommandLine
from .command_words import CommandWords
from .importance import importance
from .name_words import option_words, reason_to_leave
from .option_guess import name_of, present_value
from .script_option import ScriptOption
from .sources import begins_with_list, has_name_of_config

_CONFIG = "{config}"
_NAMES = {"config", "cfg", "conf", "yaml", "hparams", "settings", "configfile"}
_CONFIG_SUFFIXES = (".yaml", ".yml", ".toml", ".ini", ".json")
_OTHERS = {"deepspeed", "accelerate", "log", "logging", "data", "dataset", "tokenizer", "name", "dir"}
_OTHER_FILES = _OTHERS | {
    "train", "val", "valid", "test", "input", "inputs", "output", "out", "labels", "vocab", "results", "metrics",
    "save", "load", "checkpoint", "ckpt", "weights", "split", "splits", "classes", "annotations", "ann", "credentials",
    "env",
}  # fmt: skip
"""Words of options that name another file than a config, whatever its format."""


@dataclass(frozen=True, kw_only=True)
class ConfigUse:
    """How a script gets its config file. Without any of these, it reads the file by itself.

    Args:
        option: The option that names the file.
        index: The argument that is the file's path, if no known option names it.
        is_program: The file is the script itself.
        is_missing: The file must be added as an argument.
    """

    option: ScriptOption | None = None
    index: int | None = None
    is_program: bool = False
    is_missing: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the options that are used."""
        return () if self.option is None else (name_of(self.option),)

    def write(self, lines: CommandWords) -> None:
        """Put the trial's copy where the file stands in a command."""
        if self.is_program:
            lines.replace_script(_CONFIG)
        elif self.index is not None:
            word = lines.command.arguments[self.index]
            lines.replace_word(self.index, f"{word.partition('=')[0]}={_CONFIG}" if "=" in word else _CONFIG)
        elif self.option is not None:
            lines.set(self.option, _CONFIG)
        elif self.is_missing:
            lines.append([_CONFIG])


BY_ITSELF = ConfigUse()
"""The script reads the file by itself, so that the hook in its process gives it the copy."""


def config_option(options: Sequence[ScriptOption]) -> ScriptOption | None:
    """Return the option that names a config file, or None."""
    named = [option for option in options if _names_config(option)]
    return next((option for option in named if option.given), named[0] if named else None)


def _names_config(option: ScriptOption) -> bool:
    parts = set(option_words(name_of(option)))
    is_path = option.kind in ("str", "path", "other") and option.switch is None and option.choices is None
    return is_path and bool(parts & _NAMES) and not parts & _OTHERS


def config_named(
    command: CommandLine, options: Sequence[ScriptOption], text: str = ""
) -> tuple[Path, ConfigUse] | None:
    """Return the config file that a command or a default names, and how; None if there is none.

    Args:
        command: The user's command.
        options: The script's options.
        text: The script's text, which names the folder of a config of which the command gives the name alone.
    """
    option = config_option(options)
    value = None if option is None else present_value(option)
    if isinstance(value, str) and is_config_path(path := command.folder / value):
        return path, ConfigUse(option=option)
    listed = re.split(r"[\s,]+", value) if isinstance(value, str) else value if isinstance(value, list) else []
    paths = [path for part in listed if isinstance(part, str) and is_config_path(path := command.folder / part)]
    if len(paths) > 1:
        return max(paths, key=hyperparameters_in), BY_ITSELF
    for index, word in enumerate(command.arguments):
        name, equals, given = word.partition("=")
        before = name if equals else command.arguments[index - 1] if index else ""
        path = command.folder / (given if equals else word)
        parts = set(option_words(before.lstrip("-"))) if before.startswith("-") or equals else set()
        is_named = bool(parts & _NAMES) or before == "-c" or (not equals and not before.startswith("-"))
        if is_named and not parts & _OTHERS and is_config_path(path):
            return path, ConfigUse(index=index)
    return _of_any_name(command, options) or _found_by_name(command, options, text)


def with_hyperparameters(path: Path, use: ConfigUse, folder: Path) -> tuple[Path, ConfigUse]:
    """Return the file with hyperparameters that a config without any names, and else the config itself.

    Args:
        path: The config.
        use: How the script gets it.
        folder: The folder in which the script runs.
    """
    if hyperparameters_in(path):
        return path, use
    try:
        values = read(path)
    except InputError:
        return path, use
    texts = [value for key in keys(values) if isinstance(value := find(values, key), str) and value]
    others = [other for text in texts for other in (folder / text, path.parent / text) if is_config_path(other)]
    best = max(others, key=hyperparameters_in, default=None)
    return (path, use) if best is None or not hyperparameters_in(best) else (best, BY_ITSELF)


def _of_any_name(command: CommandLine, options: Sequence[ScriptOption]) -> tuple[Path, ConfigUse] | None:
    """Return the file of an option whose name does not tell that it names a config, as `--exp small.yaml`."""
    for option in sorted(options, key=lambda option: not option.given):
        value = present_value(option)
        if not isinstance(value, str) or not option.spellings or {*option_words(name_of(option))} & _OTHER_FILES:
            continue
        path = command.folder / value
        if path.suffix.lower() in _CONFIG_SUFFIXES and is_config_path(path) and _has_numbers(path):
            return path, ConfigUse(option=option)
    return None


def _found_by_name(command: CommandLine, options: Sequence[ScriptOption], text: str) -> tuple[Path, ConfigUse] | None:
    """Return the file that a script finds in a folder by an option's value, as `--hyp low.yaml` or `--algo ppo`.

    The script opens it itself, so it keeps its name in the command.
    """
    found: list[Path] = []
    folders = [folder for folder in _folders_in(command.folder, 2) if folder.name in text]
    for option in options:
        value = present_value(option)
        others = {*option_words(name_of(option))} & _OTHER_FILES
        if others or not isinstance(value, str) or not re.fullmatch(r"[\w.+-]+", value):
            continue
        has_suffix = Path(value).suffix.lower() in _CONFIG_SUFFIXES
        names = [value] if has_suffix else [f"{value}{suffix}" for suffix in _CONFIG_SUFFIXES]
        paths = (folder / name for folder in folders for name in names)
        found += [path for path in paths if is_config_path(path)]
    path = max(found, key=hyperparameters_in, default=None)
    return None if path is None or not hyperparameters_in(path) else (path, BY_ITSELF)


def _folders_in(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders in a folder, and those in them, down to a depth; hidden ones are left out."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.is_dir():
                yield folder / entry.name
                if depth > 1:
                    yield from _folders_in(folder / entry.name, depth - 1)


def _has_numbers(path: Path) -> bool:
    return any(True for _ in _numbers_in(path))


def hyperparameters_in(path: Path) -> int:
    """Return how many numbers of a file have names of hyperparameters; 0 if it cannot be read."""
    return sum(bool(importance(name)) and reason_to_leave(name) is None for name in _numbers_in(path))


def share_of_hyperparameters(path: Path) -> float:
    """Return which share of the numbers of a file have names of hyperparameters; 0 if it has none."""
    return hyperparameters_in(path) / max(1, sum(1 for _ in _numbers_in(path)))


def _numbers_in(path: Path) -> Iterator[str]:
    """Yield the names of the numbers in a config, none if it cannot be read."""
    try:
        values = read(path)
    except InputError:
        return
    for key in keys(values):
        value = find(values, key)
        if type(value) in (int, float) or (isinstance(value, str) and number_in(value) is not None):
            yield key


def names_neighbours(path: Path, folder: Path) -> bool:
    """Tell whether a config names files beside it, which a copy in another folder would not find.

    Args:
        path: The config file.
        folder: The folder in which the script runs.
    """
    values = read(path)
    texts = [value for key in keys(values) if isinstance(value := find(values, key), str) and value]
    return any(_exists(path.parent / text) and not _exists(folder / text) for text in texts)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # Too long for a path, or with a NUL.
        return False


def is_config_path(path: Path) -> bool:
    """Tell whether there is a file of a known format with this path that may be a config.

    A text has the name of a config, too, and what begins with a list is data.
    """
    try:
        is_known = path.suffix.lower() in SUFFIXES and (path.suffix.lower() != ".txt" or has_name_of_config(path))
        return is_known and path.is_file() and not begins_with_list(path)
    except OSError:
        return False
