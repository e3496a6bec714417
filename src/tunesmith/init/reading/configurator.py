"""Constants of a script that `--name=value` replaces, as in nanoGPT's `exec(open("configurator.py").read())`."""

from __future__ import annotations

import re
from typing import Any

from ...config_files.names import NOT_PLAIN
from ..script_option import ScriptOption
from .literals import assignments, constants_of, kind_of
from .local_files import read_text, tree_of
from .source import Found, Source

_EXECUTED = re.compile(r"exec\(\s*open\(\s*[\"']([^\"']+\.py)[\"']")
_SETS_GLOBALS = re.compile(r"globals\(\)\s*(\[|\.update\()")


def read(source: Source) -> Found:
    """Return the constants at the top of a script up to the line that reads the command line."""
    tree = source.trees.get(source.script)
    executed = _EXECUTED.search(source.text)
    text = source.text
    if executed is not None:
        text = read_text(source.script.parent / executed[1]) or "sys.argv globals()["
    if tree is None or "argv" not in text or _SETS_GLOBALS.search(text) is None:
        return Found()
    last = source.text[: executed.start()].count("\n") + 1 if executed is not None else len(source.text)
    values = {**constants_of(tree.body), **_from_files(source)}
    names = dict.fromkeys(name for name, _, line in assignments(tree.body) if line < last)
    options = [
        ScriptOption(
            name=name,
            spellings=(f"--{name}",),
            form="--name=value",
            kind=kind_of(values[name]),
            default=values[name],
            switch=(f"--{name}=True", f"--{name}=False") if isinstance(values[name], bool) else None,
        )
        for name in names
        if name[:1] != "_" and values[name] is not NOT_PLAIN and isinstance(values[name], int | float | bool | str)
    ]
    return Found("--name=value for constants", options)


def _from_files(source: Source) -> dict[str, Any]:
    """Return the constants in the config files among the words, as of `train.py config/small.py --lr=0.1`."""
    values: dict[str, Any] = {}
    for word in source.arguments:
        if word.endswith(".py") and word[:1] != "-":
            tree = tree_of(read_text(source.folder / word))
            values |= constants_of(tree.body) if tree is not None else {}
    return values
