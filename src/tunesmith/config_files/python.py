"""Python config files: read and edited without ever being run."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from ..errors import InputError
from .constants import folded
from .nodes import Malformed, Node, Span

EMPTY = "pass"
"""What a class body with nothing in it says."""

_TABLE_CALLS = ("dict", "edict", "namespace")
_FIELD_CALLS = ("field", "Field", "attrib", "ib")
_BRANCHES = (ast.If, ast.For, ast.While, ast.Try, ast.With)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: as the coding cookie says, else UTF-8.

    Raises:
        Malformed: It is not in that encoding.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding), encoding
    except (SyntaxError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None


def parse(text: str) -> Node:
    """Return the assignments of a module as a tree.

    Raises:
        Malformed: It is no Python.
    """
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise Malformed(error.msg, error.lineno) from None
    except ValueError as error:
        raise Malformed(str(error)) from None
    return _Reader(text).module(module)


def literal(value: Any, old: Node | None, text: str) -> str:
    """Write a value as Python, in the quotes of the old one, or of most strings of the file."""
    if isinstance(value, str):
        quote = old.style if old is not None and old.style in ("'", '"') else _usual_quote(text)
        plain = repr(value)
        return f'"{plain[1:-1]}"' if quote == '"' and not {"'", '"'} & set(value) else plain
    if isinstance(value, list | tuple):
        parts = [literal(part, None, text) for part in value]
        if isinstance(value, tuple) or (old is not None and old.style == "tuple"):
            return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
        return f"[{', '.join(parts)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k, None, text)}: {literal(v, None, text)}" for k, v in value.items()) + "}"
    return repr(value)


def entry(table: Node, key: str, value: str, text: str) -> str:
    """Write a new entry of a table.

    Raises:
        InputError: The key cannot stand there.
    """
    if table.style == "dict":
        return f"{literal(key, None, text)}: {value}"
    if table.style not in ("call", "body") or not key.isidentifier():
        raise InputError(f"a new key must fit where it goes, but '{key}' does not. Add it to the file by hand.")
    return f"{key}={value}" if table.style == "call" else f"{key} = {value}"


def escaped(text: str) -> str:
    """Write a literal without the characters that the file's encoding may lack."""
    return "".join(c if c.isascii() else c.encode("ascii", "backslashreplace").decode() for c in text)


class _Reader:
    """Turns the syntax tree into nodes; positions become places in the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Lines as Python's parser counts them; str.splitlines would also split at form feeds.
        self._lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)
        self._starts = [0, *accumulate(map(len, self._lines))]

    def module(self, module: ast.Module) -> Node:
        node = Node(span=(0, len(self._text)), table={}, lines=True, style="body")
        self._body(module.body, node)
        return node

    def _place(self, line: int, column: int) -> int:
        """Turn a line and a column in UTF-8 bytes into a place in the text."""
        row = self._lines[line - 1] if line <= len(self._lines) else ""
        if not row.isascii():
            column = len(row.encode()[:column].decode())
        return self._starts[line - 1] + column

    def _span(self, node: ast.stmt | ast.expr | ast.keyword) -> Span:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._place(node.lineno, node.col_offset), self._place(node.end_lineno, node.end_col_offset)

    def _body(self, statements: list[ast.stmt], table: Node) -> None:
        """Add what statements assign. Of two assignments the last counts, as it does when the file is run.

        An edit of the first would be overwritten, and an edit of both would give a name that is used in between
        a value that it did not have there.
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
            elif isinstance(statement, _BRANCHES) and not _is_main_guard(statement):
                self._branch(table, statement)

    def _around(self, statements: list[ast.stmt]) -> Span:
        return self._span(statements[0])[0], self._span(statements[-1])[1]

    def _assign(self, table: Node, target: ast.expr, value: ast.expr, statement: ast.stmt) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            pairs = _pairs(target, value)
            for part, its_value in pairs:
                self._assign(table, part, its_value, statement)
            return
        node = self._value(value)
        node.whole = self._span(statement)
        self._put(table, _keys(target), node)

    def _augment(self, table: Node, statement: ast.AugAssign) -> None:
        """Note `lr *= 2`: its value is not known, and an edit turns it into `lr = 0.1`."""
        span = self._span(statement)
        target = self._text[slice(*self._span(statement.target))]
        self._put(table, _keys(statement.target), Node(span=span, whole=span, before=f"{target} = "))

    def _branch(self, table: Node, branch: ast.stmt) -> None:
        """Note what a branch may assign: which value counts is known only when the file is run."""
        for statement in _nested(branch):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                word = type(branch).__name__.lower()
                reason = f"it is assigned inside '{word}' in line {statement.lineno}"
                span = self._span(statement)
                self._put(table, _keys(target), Node(span=span, whole=span, fixed=reason))

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
        style = self._quote(span) if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
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
        if not (name in _TABLE_CALLS or name[:1].isupper()):
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
            if keyword.arg is not None:
                self._put(node, [keyword.arg], inner)
        return node

    def _field(self, call: ast.Call, span: Span) -> Node:
        """Return the default of a dataclass or pydantic field, so that an edit keeps the rest of the call."""
        for keyword in call.keywords:
            if keyword.arg == "default":
                return self._value(keyword.value)
            if keyword.arg in ("default_factory", "factory") and isinstance(keyword.value, ast.Lambda):
                return self._value(keyword.value.body)
        if call.args and _called(call) == "Field":
            return self._value(call.args[0])
        return Node(span=span, fixed="its default is made by a function")

    def _closed(self, start: int, span: Span) -> int:
        """Return the end of a value with the parentheses around it, which Python's syntax tree leaves out."""
        end = span[1]
        for _ in range(self._text.count("(", start, span[0])):
            end = self._text.index(")", end) + 1
        return end

    def _quote(self, span: Span) -> str:
        return self._text[span[0]]


def _keys(target: ast.expr) -> list[Any]:
    """Return the keys of `cfg.model["width"]`, or none where they are not plain."""
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Attribute):
        return [*before, target.attr] if (before := _keys(target.value)) else []
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return [*before, target.slice.value] if (before := _keys(target.value)) else []
    return []


def _pairs(target: ast.Tuple | ast.List, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Pair the names of `a, b = 1, 2` with their values; none where they do not match one to one."""
    if not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != len(target.elts):
        return []
    if any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts)):
        return []
    return list(zip(target.elts, value.elts, strict=True))


def _nested(branch: ast.stmt) -> Iterator[ast.Assign | ast.AugAssign | ast.AnnAssign]:
    """Yield the assignments in a branch, but not those of functions and classes that are defined in it."""
    for child in ast.iter_child_nodes(branch):
        if isinstance(child, ast.Assign | ast.AugAssign | ast.AnnAssign):
            yield child
        elif isinstance(child, ast.stmt | ast.excepthandler) and not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            yield from _nested(child)  # type: ignore[arg-type]


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _usual_quote(text: str) -> str:
    return '"' if text.count('"') >= text.count("'") else "'"
