"""What a Python script would print: its lines with a number in place of each value."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

_PRINTS = {
    "print", "write", "info", "warning", "debug", "echo", "secho", "rprint", "pprint", "success", "critical",
    "set_postfix", "set_postfix_str", "set_description", "set_description_str", "print_log", "print_fn",
}  # fmt: skip
_PERCENT = re.compile(r"%(?:\(\w+\))?[-+# 0]*[\d.*]*[diouxXeEfFgGrs]")
_BRACES = re.compile(r"\{[^{}]*\}")
_COUNTERS = re.compile(r"\b(?:epoch|step|iter|iteration|batch)\w*\W*$", re.I)
_VALUE, _COUNT = "0.5", "1"
_MOST_TURNS = 20
_Variables = Mapping[str, ast.expr]
"""The variables of which the text is known, to a dictionary or a string."""


def printed_lines(tree: ast.Module) -> Iterator[str]:
    """Yield the lines that the calls in a script print, as far as their text is in the script.

    A loop over texts, as `for name, part in [("train", a), ("valid", b)]:`, prints the lines of each.
    """
    dictionaries = _dictionaries(tree)
    loops = _loops(tree, dictionaries)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) in _PRINTS]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if _name(call.func) == "set_postfix":
            yield ", ".join(f"{keyword.arg}={_VALUE}" for keyword in call.keywords if keyword.arg)
        for texts in loops.get(call, [{}]):
            text = _text_of(call, {**dictionaries, **texts})
            if re.search(r"[A-Za-z]", text):
                yield from text.splitlines()


def _text_of(call: ast.Call, variables: _Variables) -> str:
    """Return what a call prints; a first text with % is a pattern for the others, as in logging."""
    arguments = list(call.args)
    if len(arguments) > 1 and isinstance(arguments[0], ast.Constant) and _PERCENT.search(str(arguments[0].value)):
        return _text(arguments[0], variables)
    texts: list[str] = []
    for argument in arguments:
        texts.append(_text(argument, variables) or _value(texts[-1] if texts else ""))
    return " ".join(texts)


def _text(node: ast.expr, variables: _Variables) -> str:
    """Return the text of an expression; empty if it is a value of which nothing is known."""
    if isinstance(node, ast.Name) and node.id in variables:
        node = variables[node.id]
    if isinstance(node, ast.Constant):
        return _filled(node.value) if isinstance(node.value, str) else str(node.value)
    if isinstance(node, ast.JoinedStr):
        return _joined(node, variables)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
        left, right = _text(node.left, variables), _text(node.right, variables)
        return left if isinstance(node.op, ast.Mod) else f"{left or _VALUE}{right or _VALUE}" if left or right else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _text(node.func.value, variables)
    if isinstance(node, ast.Call) and _name(node.func) in ("dumps", "str", "repr", "dict") and node.args:
        return _text(node.args[0], variables)
    if isinstance(node, ast.Dict):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        return "{" + ", ".join(f"'{key}': {_VALUE}" for key in keys) + "}" if keys else ""
    return ""


def _joined(node: ast.JoinedStr, variables: _Variables) -> str:
    text = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
            known = variables.get(part.value.id)
            text += str(known.value) if isinstance(known, ast.Constant) else _value(text)
        else:
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


def _loops(tree: ast.Module, dictionaries: Mapping[str, ast.Dict]) -> dict[ast.Call, list[dict[str, ast.expr]]]:
    """Return the texts of the variables of a loop, one set a turn, for the calls in loops over texts."""
    found: dict[ast.Call, list[dict[str, ast.expr]]] = {}
    for loop in (node for node in ast.walk(tree) if isinstance(node, ast.For)):
        turns = [_texts(loop.target, item) for item in _items(loop.iter, dictionaries)[:_MOST_TURNS]]
        if any(turns):
            found |= {call: turns for call in ast.walk(loop) if isinstance(call, ast.Call)}
    return found


def _items(iterated: ast.expr, dictionaries: Mapping[str, ast.Dict]) -> list[ast.expr]:
    """Return what a loop goes through, if it is written out: a list, a tuple, or the items of a dictionary."""
    if isinstance(iterated, ast.List | ast.Tuple):
        return iterated.elts
    if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Attribute) and iterated.func.attr == "items":
        owner = iterated.func.value
        table = dictionaries.get(owner.id) if isinstance(owner, ast.Name) else owner
        if isinstance(table, ast.Dict):
            pairs = zip(table.keys, table.values, strict=True)
            return [ast.Tuple([key, value]) for key, value in pairs if key is not None]
    return []


def _texts(target: ast.expr, item: ast.expr) -> dict[str, ast.expr]:
    """Return the variables of a loop that are texts in one of its turns."""
    pairs = [(target, item)]
    if isinstance(target, ast.Tuple) and isinstance(item, ast.Tuple | ast.List):
        pairs = list(zip(target.elts, item.elts, strict=False))
    return {
        name.id: value
        for name, value in pairs
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
