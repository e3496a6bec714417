"""The names under which a Python file knows the environment: `E = os.environ`, `from os import getenv as env`."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from .literals import assignments, last_name


@dataclass(frozen=True)
class EnvironmentNames:
    """The names of the environment and of functions that read it.

    Args:
        tables: The names of the environment, or of a copy of it.
        getters: The names of the functions that return a variable.
    """

    tables: frozenset[str] = frozenset(["environ"])
    getters: frozenset[str] = frozenset(["getenv"])

    @classmethod
    def of(cls, tree: ast.Module) -> EnvironmentNames:
        """Return the names in a file."""
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        imported = {
            alias.asname or alias.name: alias.name
            for node in statements
            if isinstance(node, ast.ImportFrom) and node.module == "os"
            for alias in node.names
        }
        names = cls(
            frozenset({"environ", *(name for name, what in imported.items() if what == "environ")}),
            frozenset({"getenv", *(name for name, what in imported.items() if what == "getenv")}),
        )
        for name, value, _ in assignments(statements):
            if names._is_table(value):
                names = cls(names.tables | {name}, names.getters)
            elif names._is_getter(value):
                names = cls(names.tables, names.getters | {name})
        return names

    def read(self, node: ast.AST) -> tuple[ast.expr, ast.expr | None] | None:
        """Return the name of the variable that an expression reads, and its default; None if it reads none."""
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and self._is_table(node.value):
            return node.slice, None
        if not isinstance(node, ast.Call) or not self._is_getter(node.func):
            return None
        given = dict(zip(("key", "default"), node.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        return (given["key"], given.get("default")) if "key" in given else None

    def _is_table(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):  # A copy of the environment.
            if last_name(node.func) == "dict" and len(node.args) == 1:
                return self._is_table(node.args[0])
            function = node.func
            return isinstance(function, ast.Attribute) and function.attr == "copy" and self._is_table(function.value)
        return isinstance(node, ast.Name | ast.Attribute) and last_name(node) in self.tables

    def _is_getter(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Attribute) and node.attr == "get":
            return self._is_table(node.value)
        return isinstance(node, ast.Name | ast.Attribute) and last_name(node) in self.getters
