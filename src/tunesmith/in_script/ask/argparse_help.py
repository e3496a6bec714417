"""Defaults and types that a library which is built on argparse tells only in the help of its options."""

from __future__ import annotations

import ast
import pathlib
import re
from typing import Any

_DEFAULT = re.compile(r"\(default: (.*?)\)")
_TYPES = {"INT": int, "FLOAT": float, "PATH": pathlib.Path}


def take_from_help(action: Any) -> None:
    """Give an option of a parser that has read its arguments the default and the type that its help tells."""
    text = _DEFAULT.search(str(action.help))
    if not isinstance(action.default, (bool, int, float, list, tuple)):
        action.default = _literal(text.group(1)) if text is not None and not action.required else None
    if action.nargs == 1:
        action.nargs = None
    names = str(action.metavar).replace("{None}", "").strip("|")
    if action.type is None:
        action.type = _TYPES.get(names.upper())


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
