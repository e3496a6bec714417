"""Options of R scripts: the packages optparse, argparse and argparser, and `commandArgs` by position."""

from __future__ import annotations

import re
from typing import Any

from ...config_files.names import NOT_PLAIN
from ..script_option import ScriptOption
from .call_text import arguments_of, calls_of, kind_of_type, value_of, without_comments
from .literals import as_kind
from .source import Found, Source

_BY_POSITION = re.compile(r"(\w+)\s*(?:<-|=)\s*(?:(as\.\w+)\()?\s*(\w+)\[\[?(\d+)\]")
_ARGUMENTS = re.compile(r"(\w+)\s*(?:<-|=)\s*commandArgs\(\s*(?:trailingOnly\s*=\s*)?T(?:RUE)?\s*\)")
_CASTS = {"as.numeric": "double", "as.double": "double", "as.integer": "integer", "as.logical": "logical"}


def read(source: Source) -> Found:
    """Return the options of an R script."""
    text = without_comments(source.text)
    options = [_option(call) for call in calls_of(text, r"(?:make_option|(?:\w+\$)?add_(?:argument|option))")]
    found = [option for option in options if option is not None]
    if found:
        return Found("optparse" if "optparse" in text else "argparse", found)
    positional = _positional(text)
    return Found("commandArgs" if positional else "", positional)


def _option(call: str) -> ScriptOption | None:
    unnamed, named = arguments_of(call)
    values = [value_of(text) for text in unnamed]
    names = [name for value in values for name in (value if isinstance(value, list) else [value])]
    names = [name for name in names if isinstance(name, str)]
    if not names:
        return None
    spellings = tuple(name for name in names if name.startswith("-"))
    longest = max(spellings or names, key=len)
    default = value_of(named.get("default"))
    type_, action = value_of(named.get("type")), value_of(named.get("action"))
    is_switch = action in ("store_true", "store_false") or value_of(named.get("flag")) is True
    kind = "bool" if is_switch else kind_of_type(type_, default)
    if is_switch and default is not None and default is (action != "store_false"):
        kind, is_switch = "other", False
    choices = value_of(named.get("choices"))
    words = (longest, "") if is_switch else (f"{longest}=TRUE", f"{longest}=FALSE") if kind == "bool" else None
    return ScriptOption(
        name=longest.lstrip("-"),
        spellings=spellings,
        # optparse takes a value in either way, argparser in this one alone.
        form="--name value" if spellings else "positional",
        kind=kind,
        default=False if is_switch else as_kind(default, kind) if isinstance(default, int) else default,
        choices=tuple(choices) if isinstance(choices, list) else None,
        required=value_of(named.get("required")) is True or not spellings,
        help=_text(value_of(named.get("help"))),
        switch=words,
    )


def _positional(text: str) -> list[ScriptOption]:
    table = _ARGUMENTS.search(text)
    if table is None:
        return []
    found = {}
    for name, cast, variable, index in _BY_POSITION.findall(text):
        if variable == table[1]:
            kind = kind_of_type(_CASTS.get(cast, "character"), None)
            option = ScriptOption(name=name, spellings=(), form="positional", kind=kind, required=True)
            found[int(index)] = option
    return [found[index] for index in sorted(found)]


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) and value is not NOT_PLAIN else ""
