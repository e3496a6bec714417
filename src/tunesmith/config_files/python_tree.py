"""The syntax tree of a Python config file as tables and values with their positions in the text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from .constants import folded
from .names import NOT_PLAIN, Route, leaves
from .python_functions import inner_constants, is_main_guard, keys_of, trains

Span = tuple[int, int]
"""Start and end of a piece of text, in characters."""

_TABLE_CALLS = ("dict", "edict", "namespace")
_STEPS = ("steps", "transformers", "estimators")
"""Arguments of scikit-learn's compositions."""
_FIELD_CALLS = ("field", "Field", "attrib", "ib")
_BRANCHES = (ast.If, ast.For, ast.While, ast.Try, ast.With)


@dataclass(kw_only=True)
class Node:
    """A value, a table or a list, and its position in the text.

    Args:
        span: The value's own text.
        whole: The text of the whole entry, its key included.
        value: The plain value, or `NOT_PLAIN`; unused for tables and lists.
        table: The entries by key, for a table.
        elements: The elements, for a list.
        entries: The `whole` of every entry in order, those without a plain key included.
        lines: Entries stand on lines of their own with the same indent; otherwise in brackets, with commas.
        style: How it is written: the quote of a string, `tuple`, or `dict`, `call`, `body` or `scattered` for a table.
        before: What an edited value needs before it, as the target of `lr *= 2`.
        fixed: Why it cannot be edited where it stands; empty where it can.
    """

    span: Span
    whole: Span = (0, 0)
    value: Any = NOT_PLAIN
    table: dict[Any, Node] | None = None
    elements: list[Node] | None = None
    entries: list[Span] = field(default_factory=list)
    lines: bool = False
    style: str = ""
    before: str = ""
    fixed: str = ""

    def plain(self) -> Any:
        """Return the value, with tables as dictionaries, and `NOT_PLAIN` where it is not known."""
        if self.table is not None:
            return {key: node.plain() for key, node in self.table.items()}
        if self.elements is not None:
            return [node.plain() for node in self.elements]
        return self.value

    def at(self, route: Route) -> Node:
        """Return the node at the end of a route.

        Raises:
            LookupError: There is none.
        """
        node = self
        for key in route:
            if node.table is not None:
                node = node.table[key]
            elif node.elements is not None and isinstance(key, int):
                node = node.elements[key]
            else:
                raise KeyError(key)
        return node


def tree_of(text: str, module: ast.Module) -> Node:
    """Return the assignments of a parsed module as a table."""
    return _Reader(text).module(module)


class _Reader:
    """Turns the syntax tree into nodes."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Lines as Python's parser counts them; str.splitlines would also split at form feeds.
        self._lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)
        self._starts = [0, *accumulate(map(len, self._lines))]

    def module(self, module: ast.Module) -> Node:
        node = Node(span=(0, len(self._text)), table={}, lines=True, style="body")
        self._body(module.body, node)
        for keys, value, whole in inner_constants(module):
            self._inner(node, keys, value, whole)
        return node

    def _inner(self, table: Node, keys: list[Any], value: ast.expr, whole: ast.stmt | ast.expr | ast.keyword) -> None:
        """Add a constant from inside a function or object, if it is plain; the attribute of a class is its default."""
        node = self._value(value)
        node.whole = self._span(whole)
        is_known = any(part is not NOT_PLAIN for _, part in leaves({0: node.plain()}))
        if is_known and (len(keys) > 1 or keys[0] not in (table.table or {})):
            self._put(table, keys, node)

    def _position(self, line: int, column: int) -> int:
        """Turn a line and a column in UTF-8 bytes into a position in the text, in characters."""
        row = self._lines[line - 1] if line <= len(self._lines) else ""
        if not row.isascii():
            column = len(row.encode()[:column].decode())
        return self._starts[line - 1] + column

    def _span(self, node: ast.stmt | ast.expr | ast.keyword) -> Span:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._position(node.lineno, node.col_offset), self._position(node.end_lineno, node.end_col_offset)

    def _body(self, statements: list[ast.stmt], table: Node) -> None:
        """Add the assignments of statements. Of two to the same name the last counts, as when the file is run.

        An edit of the first would be overwritten, and an edit of both would change a name that is used in between.
        """
        table.entries += [self._span(statement) for statement in statements]
        for statement in statements:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    self._assign(table, target, statement.value, statement)
            elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                self._assign(table, statement.target, statement.value, statement)
            elif isinstance(statement, ast.AugAssign):
                self._augment(table, statement)
            elif isinstance(statement, ast.ClassDef):
                whole = self._span(statement)
                inner = Node(span=self._around(statement.body), whole=whole, table={}, lines=True, style="body")
                self._body(statement.body, inner)
                self._put(table, [statement.name], inner)
            elif isinstance(statement, ast.Expr) and trains(statement.value):
                self._training(table, statement)
            elif isinstance(statement, _BRANCHES) and not is_main_guard(statement):
                self._branch(table, statement)

    def _around(self, statements: list[ast.stmt]) -> Span:
        return self._span(statements[0])[0], self._span(statements[-1])[1]

    def _assign(self, table: Node, target: ast.expr, value: ast.expr, statement: ast.stmt) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for name, part in _pairs(target, value):
                self._assign(table, name, part, statement)
            return
        node = self._value(value)
        node.whole = self._span(statement)
        self._put(table, keys_of(target), node)

    def _augment(self, table: Node, statement: ast.AugAssign) -> None:
        """Add `lr *= 2`, whose value is not known, and which an edit turns into `lr = 0.1`."""
        span = self._span(statement)
        target = self._text[slice(*self._span(statement.target))]
        self._put(table, keys_of(statement.target), Node(span=span, whole=span, before=f"{target} = "))

    def _training(self, table: Node, statement: ast.Expr) -> None:
        """Add the keywords of `model.fit(x, y, epochs=5)`; of several such calls, none is told from the others."""
        assert isinstance(statement.value, ast.Call)
        keys = keys_of(statement.value.func)
        node = self._value(statement.value)
        node.whole = self._span(statement)
        before = table
        for key in keys:
            before = (before.table or {}).get(key) or Node(span=node.span)
        if before.style == "call":
            node = Node(span=node.span, whole=node.whole, fixed="it is called several times")
        if node.table is not None or before.table is not None:
            self._put(table, keys, node)

    def _branch(self, table: Node, branch: ast.stmt) -> None:
        """Add the assignments inside a branch, whose values are known only when the file is run."""
        for statement in _nested(branch):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                word = type(branch).__name__.lower()
                reason = f"it is assigned inside '{word}' in line {statement.lineno}"
                span = self._span(statement)
                self._put(table, keys_of(target), Node(span=span, whole=span, fixed=reason))

    def _put(self, table: Node, keys: list[Any], node: Node) -> None:
        if not keys:
            return
        for key in keys[:-1]:
            assert table.table is not None
            inner = table.table.get(key)
            if inner is None or inner.table is None:
                inner = Node(span=node.span, whole=node.whole, table={}, style="scattered", fixed="it is set in parts")
                table.table[key] = inner
            table = inner
        assert table.table is not None
        table.table.pop(keys[-1], None)
        table.table[keys[-1]] = node

    def _value(self, value: ast.expr) -> Node:
        span = self._span(value)
        if isinstance(value, ast.Dict):
            return self._dict(value, span)
        if isinstance(value, ast.List | ast.Tuple):
            return self._list(value, span)
        if isinstance(value, ast.Call):
            return self._call(value, span)
        is_string = isinstance(value, ast.Constant) and isinstance(value.value, str)
        style = self._text[span[0]] if is_string else ""
        return Node(span=span, value=folded(value), style=style)

    def _dict(self, value: ast.Dict, span: Span) -> Node:
        node = Node(span=span, table={}, style="dict")
        for key, part in zip(value.keys, value.values, strict=True):
            start = self._span(key)[0] if key is not None else self._text.rindex("**", 0, self._span(part)[0])
            inner = self._value(part)
            inner.whole = start, self._closed(self._span(key)[1] if key is not None else start, inner.span)
            node.entries.append(inner.whole)
            if isinstance(key, ast.Constant) and isinstance(key.value, str | int | float):
                self._put(node, [key.value], inner)
        return node

    def _list(self, value: ast.List | ast.Tuple, span: Span) -> Node:
        style = "tuple" if isinstance(value, ast.Tuple) else ""
        if any(isinstance(part, ast.Starred) for part in value.elts):
            return Node(span=span, style=style)
        return Node(span=span, elements=[self._value(part) for part in value.elts], style=style)

    def _call(self, call: ast.Call, span: Span) -> Node:
        name = _called(call)
        if name in _FIELD_CALLS:
            return self._field(call, span)
        named = [keyword for keyword in call.keywords if keyword.arg is not None]
        steps = self._steps(call)
        if steps and all(keyword.arg in _STEPS for keyword in named):
            return Node(span=span, table=steps, style="scattered", fixed="it is made of several objects")
        if not (name in _TABLE_CALLS or name[:1].isupper() or trains(call) or steps):
            return Node(span=span, value=folded(call))
        if len(call.args) == 1 and isinstance(call.args[0], ast.Dict) and not call.keywords:
            return self._value(call.args[0])
        if not named and name != "dict":
            return Node(span=span)
        node = Node(span=span, table={}, style="call")
        node.entries = [self._span(part) for part in call.args]
        for keyword in call.keywords:
            start = self._span(keyword)[0]
            inner = self._value(keyword.value)
            inner.whole = start, self._closed(start, inner.span)
            node.entries.append(inner.whole)
            if keyword.arg is not None and not (steps and keyword.arg in _STEPS):
                self._put(node, [keyword.arg], inner)
        for key, inner in steps.items():
            self._put(node, [key], inner)
        return node

    def _steps(self, call: ast.Call) -> dict[Any, Node]:
        """Return the objects with keywords among the arguments of `make_pipeline(PCA(10), SVR(C=20))`, by their class.

        Those in `Pipeline([("model", SVR(C=20))])` have the names that stand there. None if two have the same name.
        """
        given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in _STEPS)]
        parts = [element for part in given for element in (part.elts if isinstance(part, ast.List) else [part])]
        found: dict[Any, Node] = {}
        for part in parts:
            key, value = "", part
            if isinstance(part, ast.Tuple) and len(part.elts) == 2 and isinstance(part.elts[0], ast.Constant):
                key, value = str(part.elts[0].value), part.elts[1]
            if isinstance(value, ast.Call) and value.keywords and _called(value)[:1].isupper():
                key = key or _called(value)
                if key in found:
                    return {}
                found[key] = self._value(value)
        return found

    def _field(self, call: ast.Call, span: Span) -> Node:
        """Return the default of a dataclass, attrs or pydantic field, so that an edit keeps the rest of the call."""
        for keyword in call.keywords:
            if keyword.arg == "default":
                return self._value(keyword.value)
            if keyword.arg in ("default_factory", "factory") and isinstance(keyword.value, ast.Lambda):
                return self._value(keyword.value.body)
        if call.args and _called(call) == "Field":
            return self._value(call.args[0])
        return Node(span=span, fixed="its default is made by a function")

    def _closed(self, start: int, span: Span) -> int:
        """Return the end of a value with the parentheses around it, which the syntax tree leaves out."""
        end = span[1]
        for _ in range(self._text.count("(", start, span[0])):
            end = self._text.index(")", end) + 1
        return end


def _pairs(target: ast.Tuple | ast.List, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Pair the names of `a, b = 1, 2` with their values; none where they do not match one to one."""
    if not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != len(target.elts):
        return []
    if any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts)):
        return []
    return list(zip(target.elts, value.elts, strict=True))


def _nested(branch: ast.stmt) -> Iterator[ast.Assign | ast.AugAssign | ast.AnnAssign]:
    """Yield the assignments in a branch, without those in functions and classes that it defines."""
    for child in ast.iter_child_nodes(branch):
        if isinstance(child, ast.Assign | ast.AugAssign | ast.AnnAssign):
            yield child
        elif isinstance(child, ast.stmt | ast.excepthandler) and not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            yield from _nested(child)  # type: ignore[arg-type]


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""
