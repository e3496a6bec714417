"""What a script's own function computes that it calls a score, as `def get_score(y, p): return rmse(y, p)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..core.metric_words import QUALIFIERS, is_maximized, is_metric
from ..in_script.metric_names import metric_words


def is_only_score(name: str) -> bool:
    """Tell whether a metric's name says no more than that it is a score.

    >>> is_only_score("CV score"), is_only_score("r2_score")
    (True, False)
    """
    words = {*metric_words(name)}
    return "score" in words and words <= QUALIFIERS | {"score", "final", "fold", "folds", "all"}


def measured_by_scores(text: str) -> str:
    r"""Return a metric that the functions of a script with `score` in their names compute; empty if nothing tells.

    >>> measured_by_scores("def get_score(y, p):\n    return mean_squared_error(y, p) ** 0.5")
    'mean_squared_error'
    >>> measured_by_scores("def score(y, p):\n    return 1 - mean_squared_error(y, p) / r2_score(y, y)")
    ''
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and is_only_score(_bare(node))]
    names = {name for function in functions for name in _names_in(function) if is_metric(name)}
    return min(names) if names and len(set(map(is_maximized, names))) == 1 else ""


def _bare(function: ast.FunctionDef) -> str:
    words = [word for word in metric_words(function.name) if word not in ("get", "calc", "compute", "my", "custom")]
    return " ".join(words)


def _names_in(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the names of the functions that a function calls, those of modules without these."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called = node.func
            yield (
                called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
            )
