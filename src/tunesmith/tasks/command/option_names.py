"""The metrics of a script that share their name with one of its own options."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ...errors import InputError

_MOST_BYTES = 1 << 20


def options_among(names: Collection[str], words: Sequence[str], folder: Path, config: Path | None) -> set[str]:
    """Return the names that are also options of a command, as far as the text of its files tells.

    Args:
        names: Names of metrics.
        words: The command's words; those that are files in `folder` are searched for `--name` and for typed fields.
        folder: The command's working directory.
        config: The config file, which is searched for keys.
    """
    texts = list(_texts(words, folder))
    options = {name for name in names if any(_option(name).search(text) for text in texts)}
    return options | _keys_among(set(names) - options, config)


def _option(name: str) -> re.Pattern[str]:
    spelling = re.escape(name).replace(r"\-", "_").replace("_", "[-_]")
    return re.compile(rf"--{spelling}(?![\w-])|^[ \t]+{spelling}[ \t]*:[ \t]*\w", re.MULTILINE)


def _texts(words: Sequence[str], folder: Path) -> Iterator[str]:
    for word in words:
        try:
            path = folder / word
            if path.is_file() and path.stat().st_size <= _MOST_BYTES:
                yield path.read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):
            continue


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
