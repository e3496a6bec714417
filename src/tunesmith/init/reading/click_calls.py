"""Options that decorators of click give to a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..script_option import Kind, ScriptOption
from .literals import as_kind, constants_of, keywords, kind_of, kind_of_name, last_name, plain
from .source import Found, Source

_TYPES: dict[str, Kind] = {
    "INT": "int", "IntRange": "int", "FLOAT": "float", "FloatRange": "float", "BOOL": "bool", "STRING": "str",
    "Path": "path", "File": "path", "Choice": "str",
}  # fmt: skip


def read(source: Source) -> Found:
    """Return the options of the commands of a script; of several, those of the one that the user's command names."""
    commands: dict[str, list[ScriptOption]] = {}
    for tree in source.trees.values():
        constants = constants_of(tree.body)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (name := _command(node)) is not None:
                commands[name] = list(_options(node, constants))
    if not commands:
        return Found()
    named = [name for name in commands if name in source.arguments]
    if len(commands) > 1 and not named:
        note = f"TO DO: add a subcommand to the command, since its options are read with it: {', '.join(commands)}."
        return Found("click", (), (note,))
    chosen = named or list(commands)
    words = tuple(named) if len(commands) > 1 else ()
    return Found("click", [replace(option, subcommand=words) for name in chosen for option in commands[name]])


def _command(function: ast.FunctionDef) -> str | None:
    """Return the name of a command, or None if a function is none."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and last_name(decorator.func) == "command":
            name = plain(decorator.args[0], {}) if decorator.args else keywords(decorator).get("name")
            return name if isinstance(name, str) else function.name.replace("_", "-")
    return None


def _options(function: ast.FunctionDef, constants: Mapping[str, Any]) -> Iterator[ScriptOption]:
    for call in function.decorator_list:
        if not isinstance(call, ast.Call) or last_name(call.func) not in ("option", "argument"):
            continue
        names = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if names:
            yield _option(names, keywords(call), constants, positional=last_name(call.func) == "argument")


def _option(
    names: list[str], given: Mapping[str, ast.expr], constants: Mapping[str, Any], *, positional: bool
) -> ScriptOption:
    values = {key: plain(value, constants) for key, value in given.items()}
    spelled = [name for name in names if name.startswith("-")] or names
    pair = next((name for name in spelled if "/" in name), None)
    spellings = [name.partition("/")[0].strip() for name in spelled]
    longest = max(spellings, key=len)
    default = values.get("default")
    kind, choices = _kind(given.get("type"), default, constants)
    switch = None
    if pair is not None or values.get("is_flag") is True:
        kind, switch = "bool", (longest, pair.partition("/")[2].strip() if pair is not None else "")
        default = default is True
    elif kind == "bool":
        switch = (f"{longest}=true", f"{longest}=false")
    if values.get("multiple") is True or values.get("nargs", 1) != 1:
        kind = "list"
    text = values.get("help")
    return ScriptOption(
        name=longest.lstrip("-"),
        spellings=() if positional else tuple(spellings),
        form="positional" if positional else "--name value",
        kind=kind,
        default=as_kind(default, kind),
        choices=choices,
        required=values.get("required") is True or (positional and "default" not in values),
        help=" ".join(text.split()) if isinstance(text, str) else "",
        switch=switch,
    )


def _kind(type_: ast.expr | None, default: Any, constants: Mapping[str, Any]) -> tuple[Kind, tuple[Any, ...] | None]:
    name = last_name(type_.func if isinstance(type_, ast.Call) else type_)
    if name == "Choice" and isinstance(type_, ast.Call) and type_.args:
        choices = plain(type_.args[0], constants)
        return "str", tuple(choices) if isinstance(choices, list) else None
    if name in _TYPES:
        return _TYPES[name], None
    if type_ is None:
        return ("str" if default is None else kind_of(default)), None
    return kind_of_name(name, default), None
