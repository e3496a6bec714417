"""The values of constant expressions in Python, computed without running the file."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from .names import NOT_PLAIN

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
}


def folded(value: ast.expr) -> Any:
    """Return the value of a literal, or of arithmetic with literal numbers; `NOT_PLAIN` for anything else."""
    if isinstance(value, ast.Constant):
        return value.value if value.value is None or isinstance(value.value, bool | int | float | str) else NOT_PLAIN
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub | ast.UAdd):
        number = _number(value.operand)
        return number if number is NOT_PLAIN or isinstance(value.op, ast.UAdd) else -number
    if isinstance(value, ast.BinOp) and type(value.op) in _ARITHMETIC:
        left, right = _number(value.left), _number(value.right)
        if left is NOT_PLAIN or right is NOT_PLAIN or _is_too_large(value.op, left, right):
            return NOT_PLAIN
        try:
            result = _ARITHMETIC[type(value.op)](left, right)
        except (ArithmeticError, TypeError, ValueError):
            return NOT_PLAIN
        return result if isinstance(result, int | float) else NOT_PLAIN
    return NOT_PLAIN


def _number(value: ast.expr) -> Any:
    number = folded(value)
    return number if isinstance(number, int | float) and not isinstance(number, bool) else NOT_PLAIN


def _is_too_large(op: ast.operator, left: float, right: float) -> bool:
    """Tell whether a result could have more digits than any config value needs."""
    return isinstance(op, ast.Pow | ast.LShift) and (abs(right) > 100 or abs(left) > 1e6)
