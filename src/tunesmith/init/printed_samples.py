"""What a Python script would print: its lines with a number in place of each value."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_PRINTS = {
    "print", "write", "info", "warning", "debug", "echo", "secho", "rprint", "pprint", "success", "critical",
    "set_postfix", "set_postfix_str", "set_description", "set_description_str", "print_log", "print_fn",
}  # fmt: skip
_PERCENT = re.compile(r"%(?:\(\w+\))?[-+# 0]*[\d.*]*[diouxXeEfFgGrs]")
_BRACES = re.compile(r"\{[^{}]*\}")
_COUNTERS = re.compile(r"\b(?:epoch|step|iter|iteration|batch)\w*\W*$", re.I)
_VALUE, _COUNT = "0.5", "1"


def printed_lines(tree: ast.Module) -> Iterator[str]:
    """Yield the lines that the calls in a script print, as far as their text is in the script."""
    variables = _dictionaries(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) in _PRINTS]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if _name(call.func) == "set_postfix":
            yield ", ".join(f"{keyword.arg}={_VALUE}" for keyword in call.keywords if keyword.arg)
        text = _text_of(call, variables)
        if re.search(r"[A-Za-z]", text):
            yield from text.splitlines()


def _text_of(call: ast.Call, variables: dict[str, ast.Dict]) -> str:
    """Return what a call prints; a first text with % is a pattern for the others, as in logging."""
    arguments = list(call.args)
    if len(arguments) > 1 and isinstance(arguments[0], ast.Constant) and _PERCENT.search(str(arguments[0].value)):
        return _text(arguments[0], variables)
    texts: list[str] = []
    for argument in arguments:
        texts.append(_text(argument, variables) or _value(texts[-1] if texts else ""))
    return " ".join(texts)


def _text(node: ast.expr, variables: dict[str, ast.Dict]) -> str:
    """Return the text of an expression; empty if it is a value of which nothing is known."""
    if isinstance(node, ast.Constant):
        return _filled(node.value) if isinstance(node.value, str) else str(node.value)
    if isinstance(node, ast.JoinedStr):
        return _joined(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
        left, right = _text(node.left, variables), _text(node.right, variables)
        return left if isinstance(node.op, ast.Mod) else f"{left or _VALUE}{right or _VALUE}" if left or right else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _text(node.func.value, variables)
    if isinstance(node, ast.Call) and _name(node.func) in ("dumps", "str", "repr", "dict") and node.args:
        return _text(node.args[0], variables)
    if isinstance(node, ast.Name) and node.id in variables:
        node = variables[node.id]
    if isinstance(node, ast.Dict):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        return "{" + ", ".join(f"'{key}': {_VALUE}" for key in keys) + "}" if keys else ""
    return ""


def _joined(node: ast.JoinedStr) -> str:
    text = ""
    for part in node.values:
        text += str(part.value) if isinstance(part, ast.Constant) else _value(text)
    return text


def _filled(text: str) -> str:
    """Return a text with numbers in place of its placeholders."""
    for pattern in (_PERCENT, _BRACES):
        text = pattern.sub(lambda match: _value(match.string[: match.start()]), text)
    return text.replace("%%", "%")


def _value(before: str) -> str:
    return _COUNT if _COUNTERS.search(before) else _VALUE


def _dictionaries(tree: ast.Module) -> dict[str, ast.Dict]:
    """Return the dictionaries with names that are assigned to variables."""
    return {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
