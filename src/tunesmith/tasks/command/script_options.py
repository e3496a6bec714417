"""What the text of a script tells of its options: their names, and whether one could read false as true."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

from ...errors import InputError

_MOST_BYTES = 1 << 20
_MOST_FILES = 50
_TYPE_BOOL = r"""["']{}["'][^()]*\btype\s*=\s*bool\b"""
_FIRE = re.compile(r"^\s*(?:import|from)\s+fire\b", re.MULTILINE)


def options_among(names: Collection[str], words: Sequence[str], folder: Path, config: Path | None) -> set[str]:
    """Return the names that are also options of a command, as far as the text of its files tells.

    Args:
        names: Names of metrics.
        words: The command's words; those that are files in `folder` are searched for `--name` and for typed fields, and
            so are the Python files beside them, where the parser may be.
        folder: The command's working directory.
        config: The config file, which is searched for keys.
    """
    texts = [text for path in _with_neighbours(_files(words, folder)) if (text := _text(path))]
    options = {name for name in names if any(_option(name).search(text) for text in texts)}
    return options | _keys_among(set(names) - options, config)


def why_true(given: Sequence[str], others: Sequence[str], texts: Collection[str]) -> str | None:
    """Return why a script would read false as true, and what to do, or None if nothing in its text says so.

    Args:
        given: The words that it is given for false.
        others: The words that it is given for another value.
        texts: The text of its files.
    """
    changed = [index for index, word in enumerate(given) if index >= len(others) or others[index] != word]
    for index in changed:
        option, separator, value = given[index].partition("=")
        if not separator and index > 0 and not given[index].startswith("-"):
            option, value = given[index - 1], given[index]
        if value and any(re.search(_TYPE_BOOL.format(re.escape(option)), text) for text in texts):
            return (
                f"{option} has type=bool, which reads any text as true, even '{value}'. Use "
                "argparse.BooleanOptionalAction or action='store_true' in the script"
            )
        if value == "false" and any(_FIRE.search(text) for text in texts):
            return (
                f"fire takes 'false' for a text, which is true. Use {{args}} with the words '{option}=True' and "
                f"'{option}=False' in flags"
            )
    return None


def _option(name: str) -> re.Pattern[str]:
    spelling = re.escape(name).replace(r"\-", "_").replace("_", "[-_]")
    return re.compile(rf"--{spelling}(?![\w-])|^[ \t]+{spelling}[ \t]*:[ \t]*\w", re.MULTILINE)


def texts_in(words: Sequence[str], folder: Path) -> list[str]:
    """Return the text of the files among a command's words."""
    return [_text(path) for path in _files(words, folder)]


def _files(words: Sequence[str], folder: Path) -> list[Path]:
    """Return the files among a command's words, and the module after `-m`."""
    before = ["", *words[:-1]]
    names = [f"{word.replace('.', '/')}.py" if last == "-m" else word for last, word in zip(before, words, strict=True)]
    return [folder / name for name in names if "{" not in name and is_file(folder / name)]


def is_file(path: Path) -> bool:
    """Tell whether there is a file with a path that any word of a command may give."""
    try:
        return path.is_file()
    except OSError:  # The word is too long for a file's name.
        return False


def _with_neighbours(files: Sequence[Path]) -> dict[Path, None]:
    return dict.fromkeys([*files, *(path for file in files if file.suffix == ".py" for path in _neighbours(file))])


def _neighbours(script: Path) -> list[Path]:
    try:
        return list(islice(script.parent.glob("*.py"), _MOST_FILES))
    except OSError:
        return []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= _MOST_BYTES else ""
    except OSError:
        return ""


def _keys_among(names: Collection[str], config: Path | None) -> set[str]:
    if config is None or not names:
        return set()
    try:
        data = config.read_bytes()
        if not any(name.encode(errors="replace") in data for name in names):
            return set()  # Parsing the config is slow.
        from ... import config_files

        keys = {key.rpartition(".")[2] for key in config_files.keys(config_files.read(config))}
    except (OSError, InputError):
        return set()
    return keys.intersection(names)
