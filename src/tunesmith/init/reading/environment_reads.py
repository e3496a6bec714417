"""The places where a Python file reads environment variables, also under another name or through a function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...config_files.names import NOT_PLAIN
from .environment_names import EnvironmentNames
from .literals import calls, constants_of, kind_of, last_name, plain

TYPES = ("int", "float", "str", "bool", "Path")
_DEFAULTS = ("default", "fallback", "otherwise", "dflt")
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Read:
    """One place that reads a variable.

    Args:
        node: The expression.
        name: The variable.
        default: Its value where it is not set; None if there is none.
        has_default: Whether the script names a default.
        type: The type that a function of the script's own makes of the text; empty if none does.
    """

    node: ast.expr
    name: str
    default: Any
    has_default: bool
    type: str = ""


@dataclass(frozen=True)
class _Helper:
    """A function of the script's own that reads the variable which its caller names.

    Args:
        parameters: The names of its parameters.
        defaults: What a caller may leave out.
        key: The expression for the variable's name.
        default: The expression for the variable's default, or None.
        type: The expression for the type that it makes of the text, or None.
    """

    parameters: tuple[str, ...]
    defaults: Mapping[str, ast.expr]
    key: ast.expr
    default: ast.expr | None
    type: ast.expr | None

    def read(self, call: ast.Call, constants: Mapping[str, Any]) -> Read | None:
        """Return what a call of the function reads; None if the variable's name is not known."""
        bound = {**self.defaults, **dict(zip(self.parameters, call.args, strict=False))}
        bound |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        name = _text(self.key, bound, constants)
        if name is None:
            return None
        given = None if self.default is None else _value(self.default, bound)
        default = plain(given, constants)
        return Read(call, name, default, given is not None, self._type(bound, default))

    def _type(self, bound: Mapping[str, ast.expr], default: Any) -> str:
        if isinstance(self.type, ast.Call):  # type(default)
            return str(kind_of(default))
        return last_name(_value(self.type, bound)) if isinstance(self.type, ast.Name) else ""


def reads_of(trees: Iterable[ast.Module]) -> Iterator[tuple[ast.Module, Read]]:
    """Yield the places that read a variable with a known name, in order, each with the file's syntax tree."""
    trees = list(trees)
    helpers = {name: helper for tree in trees for name, helper in _helpers(tree)}
    for tree in trees:
        names, constants = EnvironmentNames.of(tree), constants_of(tree.body)
        expressions = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
        for node in sorted(expressions, key=lambda node: (node.lineno, node.col_offset)):
            read = _plain_read(node, names, constants)
            if read is None and isinstance(node, ast.Call) and (helper := helpers.get(_called(node))) is not None:
                read = helper.read(node, constants)
            if read is not None:
                yield tree, read


def _plain_read(node: ast.expr, names: EnvironmentNames, constants: Mapping[str, Any]) -> Read | None:
    read = names.read(node)
    if read is None:
        return None
    key, default = read
    name = plain(key, constants)
    return Read(node, name, plain(default, constants), default is not None) if isinstance(name, str) else None


def _called(call: ast.Call) -> str:
    """Return the name of a called function; that of a method only if no dictionary has it."""
    name = last_name(call.func)
    return "" if isinstance(call.func, ast.Attribute) and name in ("get", "pop", "setdefault") else name


def _helpers(tree: ast.Module) -> Iterator[tuple[str, _Helper]]:
    names = EnvironmentNames.of(tree)
    for node in ast.walk(tree):
        name, function = "", node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = node.name
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            name, function = last_name(node.targets[0]), node.value
        if name and isinstance(function, _FUNCTIONS) and (helper := _helper(function, names)) is not None:
            yield name, helper


def _helper(function: _FUNCTIONS, names: EnvironmentNames) -> _Helper | None:
    given = function.args
    own = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    parameters = own[1:] if own[:1] in (["self"], ["cls"]) else own
    defaults = dict(zip(reversed(own), reversed(given.defaults), strict=False))
    defaults |= {a.arg: value for a, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value}
    everything = {*parameters, *(argument.arg for argument in given.kwonlyargs)}
    for node in ast.walk(function):
        read = names.read(node)
        if read is None or not isinstance(node, ast.expr) or not everything & _names_in(read[0]):
            continue
        type_ = _type_made(function, node, everything)
        default = read[1] or _second(parameters, everything, _names_in(read[0]) | _names_in(type_))
        return _Helper(tuple(parameters), defaults, read[0], default, type_)
    return None


def _names_in(node: ast.expr | None) -> set[str]:
    return set() if node is None else {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _second(parameters: list[str], everything: set[str], others: set[str]) -> ast.expr | None:
    """Return the parameter that is the default, which a helper returns by itself where the variable is not set."""
    named = [name for name in _DEFAULTS if name in everything]
    rest = [*named, *(name for name in parameters if name not in others)]
    return ast.Name(rest[0]) if rest else None


def _type_made(function: ast.AST, read: ast.expr, parameters: set[str]) -> ast.expr | None:
    """Return the type or the parameter which a helper calls with the text that it has read, or None."""
    held = {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign | ast.NamedExpr) and node.value is read
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        if any(each is read or (isinstance(each, ast.Name) and each.id in held) for each in call.args):
            if isinstance(call.func, ast.Name) and call.func.id in (*parameters, *TYPES):
                return call.func
            if isinstance(call.func, ast.Call) and call.func in calls(function, "type"):
                return call.func
    return None


def _value(node: ast.expr, bound: Mapping[str, ast.expr]) -> ast.expr | None:
    """Return what a caller gives for an expression of a helper: for `default`, or for `str(default)`."""
    if isinstance(node, ast.Call) and last_name(node.func) == "str" and len(node.args) == 1:
        node = node.args[0]
    return bound.get(node.id, node if node.id in TYPES else None) if isinstance(node, ast.Name) else node


def _text(node: ast.expr, bound: Mapping[str, ast.expr], constants: Mapping[str, Any]) -> str | None:
    """Return the name of the variable that a helper reads, such as `"APP_" + name.upper()`; None if it is unknown."""
    if isinstance(node, ast.Name) and node.id in bound:
        return _text(bound[node.id], {}, constants)
    if isinstance(node, ast.JoinedStr):
        parts = [_text(part, bound, constants) for part in node.values]
        return None if None in parts else "".join(filter(None, parts))
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, bound, constants)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left, bound, constants), _text(node.right, bound, constants)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("upper", "lower"):
        text = _text(node.func.value, bound, constants)
        return None if text is None else str(getattr(text, node.func.attr)())
    value = plain(node, constants)
    return value if value is not NOT_PLAIN and isinstance(value, str) else None
