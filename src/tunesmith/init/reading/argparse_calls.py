"""Options that Python adds with `add_argument`: argparse, and what is built on it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...config_files.names import NOT_PLAIN
from ..script_option import Kind, ScriptOption
from .literals import as_kind, calls, constants_of, keywords, kind_of, kind_of_name, last_name, plain
from .source import Found, Source

_SWITCHES = ("store_true", "store_false", "store_const", "BooleanOptionalAction")
_WITHOUT_A_VALUE = ("append", "append_const", "count", "extend", "help", "version")


def read(source: Source) -> Found:
    """Return the options of a script's parsers, also in the modules that it imports."""
    options: list[ScriptOption] = []
    notes: list[str] = []
    defaults = {name: value for tree in source.trees.values() for name, value in _set_defaults(tree).items()}
    for tree in source.trees.values():
        subcommands = _subcommands(tree)
        names = [name for name in subcommands.values() if name in source.arguments]
        if subcommands and not names:
            listed = ", ".join(dict.fromkeys(subcommands.values()))
            notes.append(f"TO DO: add a subcommand to the command, since its options are read with it: {listed}.")
        constants = constants_of(tree.body)
        for call in calls(tree, "add_argument", "add"):
            owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
            subcommand = subcommands.get(owner)
            if subcommand is None or subcommand in names:
                for option in _option(call, constants, notes):
                    words = () if subcommand is None else (subcommand,)
                    key = option.name.replace("-", "_")
                    default = defaults.get(key, option.default)
                    options.append(replace(option, subcommand=words, default=default, value=default))
    return Found("argparse" if options else "", _paired(options), notes)


def _subcommands(tree: ast.AST) -> dict[str, str]:
    """Return the names of subcommands by the variable that holds the parser of each."""
    return {
        ast.unparse(target): str(node.value.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Attribute) and node.value.func.attr == "add_parser"
        if node.value.args and isinstance(node.value.args[0], ast.Constant)
        for target in node.targets
    }


def _set_defaults(tree: ast.Module) -> dict[str, Any]:
    """Return the defaults that a parser is given later on, unless under a condition."""
    conditional = [call for node in ast.walk(tree) if isinstance(node, ast.If) for call in calls(node, "set_defaults")]
    always = [call for call in calls(tree, "set_defaults") if call not in conditional]
    values = [item for call in always for item in keywords(call).items()]
    constants = constants_of(tree.body)
    return {name: plain(value, constants) for name, value in values}


def _option(call: ast.Call, constants: Mapping[str, Any], notes: list[str]) -> Iterator[ScriptOption]:
    """Yield the option that a call adds, if its names are literal strings."""
    names = tuple(arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    given = keywords(call)
    action = last_name(given.get("action")) or "store"
    if not names or len(names) < len(call.args) or action in ("help", "version"):
        return
    values = {key: plain(value, constants) for key, value in given.items()}
    longest = max(names, key=len)
    default = values.get("default")
    help_ = values.get("help")
    kind, switch = _kind(action, given, values, longest, notes)
    positional = not names[0].startswith("-")
    choices = values.get("choices")
    if switch is not None and not switch[1]:
        default = False
    yield ScriptOption(
        name=longest.lstrip("-"),
        spellings=() if positional else names,
        form="positional" if positional else "--name value",
        kind=kind,
        default=as_kind(default, kind),
        choices=tuple(choices) if isinstance(choices, list) else None,
        required=values.get("required") is True or (positional and values.get("nargs") not in ("?", "*")),
        help=" ".join(help_.split()) if isinstance(help_, str) else "",
        switch=switch,
    )


def _kind(
    action: str, given: Mapping[str, ast.expr], values: Mapping[str, Any], spelling: str, notes: list[str]
) -> tuple[Kind, tuple[str, str] | None]:
    default = values.get("default")
    if action in _SWITCHES:
        if action == "BooleanOptionalAction":
            return "bool", (spelling, f"--no-{spelling.lstrip('-')}")
        if default is not None and bool(default) is (action == "store_true"):
            notes.append(f"{spelling} has no effect: the script's default is {default} already.")
            return "other", None
        return "bool", (spelling, "")
    if action in _WITHOUT_A_VALUE or values.get("nargs", "?") != "?":
        return ("other" if action == "count" else "list"), None
    type_ = last_name(given.get("type"))
    if type_ == "bool":
        notes.append(
            f"{spelling} has type=bool, which reads any text as true, even 'False': it is left alone. "
            "action='store_true' or argparse.BooleanOptionalAction would make it a switch."
        )
        return "other", None
    if "type" not in given:
        return "str", None
    kind = kind_of_name(type_, default)
    if kind == "other" and isinstance(values.get("choices"), list) and values["choices"]:
        kind = kind_of(values["choices"][0])
    return kind, (f"{spelling}=true", f"{spelling}=false") if kind == "bool" else None


def _paired(options: list[ScriptOption]) -> list[ScriptOption]:
    """Return options with each pair `--x`, `--no-x` as one, and each name once."""
    by_name = {option.name.replace("-", "_"): option for option in reversed(options)}
    for name, option in list(by_name.items()):
        negated = by_name.get(f"no_{name}")
        if negated is not None and negated.switch is not None and option.kind in ("bool", "other"):
            spellings = (*option.spellings, *negated.spellings)
            default = option.default if option.kind == "other" else False
            words = (max(option.spellings, key=len), max(negated.spellings, key=len))
            by_name[name] = replace(
                option, kind="bool", spellings=spellings, switch=words, default=default, value=default
            )
            del by_name[f"no_{name}"]
    return [option for option in reversed(by_name.values()) if option.default is not NOT_PLAIN or option.spellings]
