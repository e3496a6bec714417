"""The values that `get_config` of a config file for ml_collections sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...config_files.names import NOT_PLAIN
from ..script_option import ScriptOption
from .literals import constants_of, keywords, kind_of, last_name, plain
from .local_files import read_text, tree_of


def options_of(flag: str, file: Path) -> Iterator[ScriptOption]:
    """Yield the options `--config.a.b=value` for the values of a config file.

    Args:
        flag: The name of the flag with the file, as `config`.
        file: The file; nothing of it is run.
    """
    tree = tree_of(read_text(file))
    functions = [] if tree is None else [node for node in tree.body if getattr(node, "name", "") == "get_config"]
    for function in functions[:1]:
        assert isinstance(function, ast.FunctionDef)
        assert tree is not None
        values = dict(_assigned(function, constants_of(tree.body)))
        for name, value in values.items():
            if value is NOT_PLAIN or any(other.startswith(f"{name}.") for other in values):
                continue
            spelling = f"--{flag}.{name}"
            yield ScriptOption(
                name=f"{flag}.{name}",
                spellings=(spelling,),
                form="--name=value",
                kind=kind_of(value),
                default=value,
                switch=(f"{spelling}=true", f"{spelling}=false") if isinstance(value, bool) else None,
            )


def _assigned(function: ast.FunctionDef, constants: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the dotted names that a function assigns to, without the variable, in the source's order."""
    tables: dict[str, str] = {}
    for statement in function.body:
        if not isinstance(statement, ast.Assign):
            continue
        for target in statement.targets:
            root, _, name = ast.unparse(target).partition(".")
            if isinstance(target, ast.Name):
                # `model = config.model = ConfigDict()` makes `model` another name for `config.model`.
                others = [ast.unparse(other) for other in statement.targets if isinstance(other, ast.Attribute)]
                tables[root] = f"{others[0].partition('.')[2]}." if others else ""
                yield from _table(statement.value, "", constants)
            elif isinstance(target, ast.Attribute) and root in tables:
                full = f"{tables[root]}{name}"
                inner = list(_table(statement.value, f"{full}.", constants))
                yield from inner or [(full, plain(statement.value, constants))]


def _table(value: ast.expr, before: str, constants: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values of `ConfigDict({...})`, `dict(a=1)` and a dictionary."""
    if isinstance(value, ast.Call) and last_name(value.func) in ("ConfigDict", "FrozenConfigDict", "dict"):
        for part in value.args:
            yield from _table(part, before, constants)
        items = list(keywords(value).items())
    elif isinstance(value, ast.Dict):
        items = [(str(plain(key, constants)), part) for key, part in zip(value.keys, value.values, strict=True) if key]
    else:
        return
    for name, part in items:
        inner = list(_table(part, f"{before}{name}.", constants))
        yield from inner or [(f"{before}{name}", plain(part, constants))]
