"""The flags of a script, read from its `argparse` calls or its shell `case`, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..config_files.constants import folded
from ..config_files.names import NOT_PLAIN
from .asked import Asked
from .command_line import CommandLine
from .script_option import ScriptOption
from .sources import imported_names, parsed

_OTHER_PARSERS = {"click", "typer", "fire", "absl", "hydra", "tyro", "docopt", "simple_parsing"}
_BOOLEAN_ACTIONS = ("store_true", "store_false", "BooleanOptionalAction")
_PATTERN = re.compile(r"(?:^|[\s|(])--([A-Za-z][\w-]*)\)([^\n]*)")
_ASSIGNED = re.compile(r"""(?:^|[\s;])([A-Za-z_]\w*)=(?:\$\{\w+:-)?["']?([^\s"';}$]+)["']?\}?""")


def read_options(command: CommandLine) -> Asked:
    """Return the options of a Python or shell script; those of other languages are not read."""
    script = command.path
    if script is None:
        return Asked()
    if (tree := parsed(script)) is not None:
        return _python_flags(tree)
    if script.suffix in (".sh", ".bash"):
        return Asked(
            options=tuple(_shell_flags(script.read_text(encoding="utf-8", errors="replace"))), framework="shell"
        )
    return Asked()


def _python_flags(tree: ast.Module) -> Asked:
    constants = _constants(tree.body)
    inside_subcommands = {
        ast.unparse(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Attribute) and node.value.func.attr == "add_parser"
        for target in node.targets
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    flags: list[ScriptOption] = []
    notes: list[str] = []
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        assert isinstance(call.func, ast.Attribute)
        if call.func.attr == "add_argument" and ast.unparse(call.func.value) not in inside_subcommands:
            flags += list(_flag(call, constants))
        elif call.func.attr == "add_subparsers" and not notes:
            notes.append("TO DO: correct the command and [space]: the flags of subcommands are not read.")
    for module in sorted({name.partition(".")[0] for name in imported_names(tree)} & _OTHER_PARSERS):
        notes.append(
            "TO DO: write the parameters into [space], each under the name of its option: the script defines them with "
            f"{module}, and only argparse is read."
        )
    return Asked(options=tuple(flags), framework="argparse" if flags else "", notes=tuple(notes))


def _flag(call: ast.Call, constants: Mapping[str, Any]) -> Iterator[ScriptOption]:
    """Yield the flag that a call adds, if its names are literal strings."""
    names = tuple(arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    if not names:
        return
    values = {keyword.arg: _plain(keyword.value, constants) for keyword in call.keywords if keyword.arg}
    identifiers = {keyword.arg: _last_name(keyword.value) for keyword in call.keywords if keyword.arg}
    default, action = values.get("default"), identifiers.get("action", "store")
    kind: Any = identifiers.get("type", "str")
    long = [name for name in names if name.startswith("--")]
    positional = not names[0].startswith("-")
    switch = None
    if action == "BooleanOptionalAction":
        kind, switch = "bool", (long[0], f"--no-{long[0][2:]}")
    elif action in _BOOLEAN_ACTIONS:
        kind = "bool"
        has_effect = default is NOT_PLAIN or default is None or bool(default) is not (action == "store_true")
        switch = ((long or names)[0], "" if has_effect else (long or names)[0])
        default = NOT_PLAIN if default is NOT_PLAIN else default if not has_effect else False
    elif action != "store" or values.get("nargs", "?") != "?":
        kind = "list"
    elif kind == "bool" or kind not in ("int", "float", "str"):
        kind = "bool" if kind == "bool" else "other"
    if switch is None and kind == "other" and isinstance(default, bool) and long:
        switch = (f"{long[0]}=True", f"{long[0]}=False")
    choices = values.get("choices")
    yield ScriptOption(
        name=(long or names)[0].lstrip("-"),
        spellings=() if positional else names,
        form="positional" if positional else "--name value",
        kind=kind,
        default=NOT_PLAIN if "choices" in values and not isinstance(choices, list) else default,
        choices=tuple(choices) if isinstance(choices, list) else None,
        required=values.get("required") is True or (positional and values.get("nargs") not in ("?", "*")),
        help=str(values.get("help") or ""),
        switch=switch,
    )


def _plain(value: ast.expr, constants: Mapping[str, Any]) -> Any:
    """Return the value of a literal, a list of literals, or a constant of the module; else `NOT_PLAIN`."""
    if isinstance(value, ast.Name):
        return constants.get(value.id, NOT_PLAIN)
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        parts = [_plain(part, constants) for part in value.elts]
        return NOT_PLAIN if any(part is NOT_PLAIN for part in parts) else parts
    return folded(value)


def _constants(statements: list[ast.stmt]) -> dict[str, Any]:
    constants: dict[str, Any] = {}
    for statement in statements:
        if isinstance(statement, ast.Assign):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            constants |= dict.fromkeys(names, _plain(statement.value, constants))
    return constants


def _last_name(value: ast.expr) -> str:
    """Return `float` for `float`, `BooleanOptionalAction` for `argparse.BooleanOptionalAction`, or a string."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    return ast.unparse(value).rpartition(".")[2] if isinstance(value, ast.Name | ast.Attribute) else "another type"


def _shell_flags(text: str) -> Iterator[ScriptOption]:
    """Yield the long options of a shell script.

    A branch that reads `$2` takes a value. Its default is the value of the variable of that name above.
    """
    for match in _PATTERN.finditer(text):
        name = match[1]
        branch = match[2] or text[match.end() :].partition(";;")[0]
        assigned = {key.lower(): value for key, value in _ASSIGNED.findall(text[: match.start()])}
        takes_value = "$2" in branch or "${2" in branch
        default: Any = False
        if takes_value:
            default = _number(assigned.get(name.replace("-", "_").lower(), NOT_PLAIN))
        switch = None if takes_value else (f"--{name}", "")
        yield ScriptOption(name=name, spellings=(f"--{name}",), kind=kind_of(default), default=default, switch=switch)


def kind_of(value: Any) -> Any:
    """Return the kind of a value."""
    kinds = {bool: "bool", int: "int", float: "float", str: "str"}
    return kinds.get(type(value), "other")


def _number(text: Any) -> Any:
    """Return a text as a number if it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            continue
    return text
