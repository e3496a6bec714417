"""Options of Julia scripts: the package ArgParse, and `ARGS` by position."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..script_option import Kind, ScriptOption
from .call_text import kind_of_type, value_of, without_comments
from .source import Found, Source

_TABLE = re.compile(r"@add_arg_table!?\s*\(?\s*\w+\s*,?\s*begin\b(.*?)^\s*end\b", re.DOTALL | re.MULTILINE)
_NAMES = re.compile(r"^\s*(\"[^\"]+\"(?:\s*,\s*\"[^\"]+\")*)\s*,?\s*$")
_SETTING = re.compile(r"^\s*(\w+)\s*=\s*(.*?),?\s*$")
_BY_POSITION = re.compile(r"(\w+)\s*=\s*(?:parse\(\s*(\w+)\s*,\s*)?ARGS\[(\d+)\]")
_TYPES: dict[str, Kind] = {
    "Int": "int", "Int32": "int", "Int64": "int", "Float16": "float", "Float32": "float", "Float64": "float",
    "Bool": "bool", "String": "str", "Symbol": "str",
}  # fmt: skip


def read(source: Source) -> Found:
    """Return the options of a Julia script."""
    text = without_comments(source.text)
    options: list[ScriptOption] = []
    for table in _TABLE.findall(text):
        names: list[str] = []
        settings: dict[str, str] = {}
        for line in [*table.split("\n"), '"end"']:
            heading = _NAMES.match(line)
            if heading is None:
                match = _SETTING.match(line)
                settings.update({match[1]: match[2]} if match is not None else {})
                continue
            if names:
                options.append(_option(names, settings))
            names, settings = re.findall(r"\"([^\"]+)\"", heading[1]), {}
    if options:
        return Found("ArgParse", options)
    positional = {int(index): (name, _TYPES.get(type_, "str")) for name, type_, index in _BY_POSITION.findall(text)}
    found = [
        ScriptOption(name=name, spellings=(), form="positional", kind=kind, required=True)
        for _, (name, kind) in sorted(positional.items())
    ]
    return Found("ARGS" if found else "", found)


def _option(names: list[str], settings: Mapping[str, str]) -> ScriptOption:
    longest = max(names, key=len)
    positional = not longest.startswith("-")
    default = value_of(settings.get("default"))
    is_switch = settings.get("action") in (":store_true", ":store_false")
    kind = "bool" if is_switch else _TYPES.get(settings.get("arg_type", "")) or kind_of_type(None, default)
    text = value_of(settings.get("help"))
    words = (longest, "") if is_switch else (f"{longest}=true", f"{longest}=false") if kind == "bool" else None
    return ScriptOption(
        name=longest.lstrip("-"),
        spellings=() if positional else tuple(names),
        form="positional" if positional else "--name value",
        kind=kind,
        default=False if is_switch else float(default) if kind == "float" and type(default) is int else default,
        required=settings.get("required") == "true",
        help=text if isinstance(text, str) else "",
        switch=words,
    )
