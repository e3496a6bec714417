"""Plain values and names in Python's syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...config_files.constants import folded
from ...config_files.names import NOT_PLAIN
from ..script_option import Kind


def plain(value: ast.expr | None, constants: Mapping[str, Any]) -> Any:
    """Return the value of a literal, a list of literals, or a constant of the module; else `NOT_PLAIN`."""
    if value is None:
        return None
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        values = [plain(element, constants) for element in value.elts]
        return NOT_PLAIN if NOT_PLAIN in values else values
    if isinstance(value, ast.Name):
        return constants.get(value.id, NOT_PLAIN)
    if isinstance(value, ast.Call) and last_name(value.func) in ("Path", "PurePath") and len(value.args) == 1:
        return plain(value.args[0], constants)
    return folded(value)


def constants_of(statements: Sequence[ast.stmt]) -> dict[str, Any]:
    """Return the plain values that statements assign to single names."""
    constants: dict[str, Any] = {}
    for name, value, _ in assignments(statements):
        constants[name] = plain(value, constants)
    return constants


def assignments(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr, int]]:
    """Yield the names that statements assign to, with the expression and the line."""
    for statement in statements:
        if isinstance(statement, ast.Assign):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            yield from ((name, statement.value, statement.lineno) for name in names)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            yield statement.target.id, statement.value, statement.lineno


def last_name(value: ast.expr | None) -> str:
    """Return `float` for `float`, `Path` for `pathlib.Path`, a string's text, and an empty text for anything else."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    return ast.unparse(value).rpartition(".")[2] if isinstance(value, ast.Name | ast.Attribute) else ""


def kind_of(value: Any) -> Kind:
    """Return the kind of a plain value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "str"
    return "list" if isinstance(value, list) else "other"


def kind_of_name(name: str, default: Any) -> Kind:
    """Return the kind of values of a type, by the type's name; the default decides of an unknown one."""
    kinds: dict[str, Kind] = {
        "int": "int", "float": "float", "str": "str", "bool": "bool", "Path": "path", "PurePath": "path",
        "FileType": "path", "list": "list", "List": "list", "tuple": "list", "Tuple": "list", "Sequence": "list",
    }  # fmt: skip
    return kinds.get(name) or kind_of(default)


def as_kind(value: Any, kind: Kind) -> Any:
    """Return a text as a value of a kind; the text itself if it is none."""
    try:
        if kind == "bool" and isinstance(value, str):
            return {"true": True, "1": True, "false": False, "0": False}.get(value.lower(), value)
        if kind in ("int", "float") and isinstance(value, str | int) and not isinstance(value, bool):
            return int(value) if kind == "int" else float(value)
    except ValueError:
        pass
    return value


def number_of(text: Any) -> Any:
    """Return a text as a number if it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            continue
    return text


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    """Return the calls of functions or methods with these names, in the source's order."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and last_name(node.func) in names]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    """Return the expressions of a call's keywords by name."""
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
