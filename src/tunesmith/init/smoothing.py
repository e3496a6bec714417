"""Constants of exponential smoothing, such as Holt's `alpha`, `beta` and damping, which lie between 0 and 1."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from ..core.parameters import Float
from .name_words import option_words
from .reading.local_files import tree_of
from .reading.tests_of_branches import chain_of

_TEXT = re.compile(
    r"exponential(?:ly)?[\s_-]*smooth|exp[\s_]*smooth|\bholt(?:s\b|\b|[\s_-]*winters)|ExponentialSmoothing|ExpSmoothing|"
    r"smoothing_level",
    re.I,
)
_GREEK = {"alpha", "beta", "gamma"}
_DAMPING = {"damping", "damped", "damp", "phi"}
_OTHERS = {"tau", "lr", "rate", "ema", "momentum", "label", "polyak"}
"""Words of other weights, of which the usual values are close to 0 or 1."""
_PARTS = {"level", "trend", "season", "seasonal", "slope"}
_LEAST = 0.01
_LEAST_DAMPING = 0.8


def is_smoothing_constant(name: str, smoothed_with: Collection[str]) -> bool:
    """Tell whether a parameter is a constant of exponential smoothing.

    Args:
        name: Its name.
        smoothed_with: The names with which the script smooths (`smoothed_with`); empty if it does not.
    """
    words = option_words(name)
    if not smoothed_with or not words:
        return False
    if _OTHERS & {*words}:
        return False
    last = words[-1]
    is_part = "smoothing" in words and bool(_PARTS & {*words})
    return last in smoothed_with or " ".join(words) in smoothed_with or is_part or bool(_DAMPING & {*words})


def smoothing_range(name: str, value: float) -> Float:
    """Return the range of a constant: of a damping the upper end, since it dampens much with less.

    Args:
        name: Its name.
        value: The present value, from 0 to 1.
    """
    is_damping = bool(_DAMPING & {*option_words(name)})
    return Float(min(_LEAST_DAMPING if is_damping else _LEAST, value), 1.0, default=value)


def smoothed_with(texts: Collection[str]) -> frozenset[str]:
    """Return the words of the names with which the files of a script smooth, as `alpha`.

    These are the usual names in a file that speaks of exponential smoothing, and what weighs a new value against the
    one before, as in `level = a * y + (1 - a) * level`.

    Args:
        texts: The text of each file.
    """
    usual = {word for text in texts if _TEXT.search(text) for word in _GREEK if re.search(word, text, re.I)}
    trees = [tree for text in texts if (tree := tree_of(text)) is not None]
    names = {name for tree in trees for name in _weights(tree)}
    return frozenset({*usual, *(" ".join(option_words(name)) for name in names)})


def _weights(tree: ast.Module) -> Iterator[str]:
    """Yield the names of what weighs a new value in the update of a running one."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            is_pair = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            targets = target.elts if is_pair and isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if is_pair and isinstance(node.value, ast.Tuple) else [node.value]
            for one, value in zip(targets, values, strict=False):
                weight = _weight(value, _names_in(one))
                if weight:
                    yield weight


def _weight(value: ast.expr, running: set[str]) -> str:
    """Return the name of `a` in `a * y + (1 - a) * running`; empty if the expression is not such an update."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add):
        return ""
    for new, old in ((value.left, value.right), (value.right, value.left)):
        for factor, others in _factors(old):
            chain = _complement(factor)
            is_running = any(running & _names_in(other) for other in others)
            if chain and is_running and any(chain_of(each) == chain for each, _ in _factors(new)):
                return chain[-1]
    return ""


def _factors(product: ast.expr) -> list[tuple[ast.expr, list[ast.expr]]]:
    """Return the factors of a product, each with the others."""
    found: list[ast.expr] = []
    waiting = [product]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            waiting += [node.left, node.right]
        else:
            found.append(node)
    return [(factor, [other for other in found if other is not factor]) for factor in found]


def _complement(node: ast.expr) -> tuple[str, ...]:
    """Return the name of `a` in `1 - a`; empty if the expression is none."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Sub) or not isinstance(node.left, ast.Constant):
        return ()
    return chain_of(node.right) if node.left.value == 1 else ()


def _names_in(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
