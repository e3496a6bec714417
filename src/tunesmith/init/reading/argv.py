"""Arguments that a script takes from `sys.argv` by hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from ...config_files.names import NOT_PLAIN
from ..script_option import Form, Kind, ScriptOption
from .literals import as_kind, assignments, kind_of, kind_of_name, last_name, plain
from .source import Found, Source

UNCLEAR = "TO DO: write the parameters into [space]: how the script reads sys.argv is unclear."
_CASTS = ("int", "float", "str", "bool", "Path")
_DASHES = re.compile(r"lstrip\(|\[2:\]|startswith\([\"']--|removeprefix\(")


def read(source: Source) -> Found:
    """Return the arguments by position, and the keys of arguments `name=value` that are split by hand."""
    tree = source.trees.get(source.script)
    if tree is None or "argv" not in source.text:
        return Found()
    options = [*_positional(tree), *_named(tree, source.text)]
    notes = () if options else (UNCLEAR,)
    return Found("sys.argv", options, notes)


def _positional(tree: ast.Module) -> Iterator[ScriptOption]:
    """Yield the arguments by position, each with the name of its variable."""
    found = _unpacked(tree)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        index = _index(node)
        if index is None or index in found:
            continue
        kind, name, default, required = "str", f"argument-{index}", None, True
        inner: ast.AST = node
        while inner in parents and isinstance(inner, ast.expr):
            outer = parents[inner]
            if isinstance(outer, ast.Call) and inner in outer.args:
                cast = last_name(outer.func)
                kind = kind_of_name(cast, None) if cast in _CASTS else kind
                kind = "path" if cast in ("open", "read_csv", "load", "Path") else kind
            elif isinstance(outer, ast.IfExp) and inner is outer.body:
                default, required = plain(outer.orelse, {}), False
            elif isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Name):
                name = outer.targets[0].id
            inner = outer
        kind_: Kind = kind  # type: ignore[assignment]
        found[index] = ScriptOption(
            name=name,
            spellings=(),
            form="positional",
            kind=kind_ if default is None or kind_ != "str" else kind_of(default),
            default=default,
            required=required,
        )
    yield from (found[index] for index in sorted(found))


def _unpacked(tree: ast.Module) -> dict[int, ScriptOption]:
    """Return the arguments of `data, rate = sys.argv[1:]` by position."""
    found = {}
    casts = {
        call.args[0].id: cast
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and (cast := last_name(call.func)) in _CASTS
        and call.args
        and isinstance(call.args[0], ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Tuple):
            continue
        first = {"sys.argv": 0, "argv": 0, "sys.argv[1:]": 1, "argv[1:]": 1}.get(ast.unparse(node.value))
        names = node.targets[0].elts
        if first is None or not all(isinstance(name, ast.Name) for name in names):
            continue
        for index, name in enumerate(names, start=first):
            if index and isinstance(name, ast.Name):
                kind = kind_of_name(casts.get(name.id, "str"), None)
                found[index] = ScriptOption(
                    name=name.id, spellings=(), form="positional", kind=kind, default=None, required=True
                )
    return found


def _index(node: ast.AST) -> int | None:
    """Return n of `sys.argv[n]`."""
    if not isinstance(node, ast.Subscript) or last_name(node.value) != "argv":
        return None
    index = node.slice.value if isinstance(node.slice, ast.Constant) else None
    return index if isinstance(index, int) and index > 0 else None


def _named(tree: ast.Module, text: str) -> Iterator[ScriptOption]:
    """Yield the keys that are looked up in a table made of the words of the command line."""
    tables = {
        name
        for name, value, _ in assignments([node for node in ast.walk(tree) if isinstance(node, ast.stmt)])
        if "sys.argv" in ast.unparse(value) and ".split(" in ast.unparse(value)
    }
    form: Form = "--name=value" if _DASHES.search(text) else "name=value"
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found: dict[str, ScriptOption] = {}
    for node in ast.walk(tree):
        key, default = _key(node, tables)
        if key is None or key in found:
            continue
        outer = parents.get(node)
        cast = last_name(outer.func) if isinstance(outer, ast.Call) else ""
        kind = kind_of_name(cast, default) if cast in _CASTS else kind_of(default)
        value = as_kind(default, kind)
        found[key] = ScriptOption(
            name=key,
            spellings=(f"--{key}", key) if form == "--name=value" else (key,),
            form=form,
            kind="str" if kind == "other" else kind,
            default=value,
            required=isinstance(node, ast.Subscript),
        )
    yield from found.values()


def _key(node: ast.AST, tables: set[str]) -> tuple[str | None, Any]:
    """Return the key and the default of a look-up in one of the tables."""
    if isinstance(node, ast.Subscript) and last_name(node.value) in tables and isinstance(node.ctx, ast.Load):
        key = plain(node.slice, {})
        return (key if isinstance(key, str) else None), None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return None, None
    if node.func.attr in ("get", "pop") and last_name(node.func.value) in tables:
        key = plain(node.args[0], {})
        default = plain(node.args[1], {}) if len(node.args) > 1 else None
        return (key if isinstance(key, str) else None), None if default is NOT_PLAIN else default
    return None, None
