"""The clauses of a condition, where the parameter that they are about is edited or no longer tuned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..core.parameters import Choice, Parameter, options_of
from ..core.values import Value, exact


def holds(clause: Any, present: Value) -> bool:
    """Tell whether a clause holds for the fixed value of a parameter that is not tuned."""
    if isinstance(clause, Mapping):
        is_number = isinstance(present, int | float) and not isinstance(present, bool)
        return is_number and clause.get("low", -math.inf) <= present <= clause.get("high", math.inf)
    options = clause if isinstance(clause, list | tuple) else [clause]
    return exact(present) in map(exact, [*options, clause])


def possible(clause: Any, parent: Parameter) -> Any:
    """Return what is left of a clause where its parameter has another range or other options; None if nothing is."""
    if isinstance(clause, Mapping):
        bounds = parent.options if isinstance(parent, Choice) else (parent.low, parent.high)
        is_met = clause.get("low", -math.inf) <= max(bounds) and clause.get("high", math.inf) >= min(bounds)
        return clause if is_met else None
    left = [option for option in options_of(clause, parent) if parent.contains(option)]
    return left[0] if len(left) == 1 else left or None


def in_words(name: str, clause: Any) -> str:
    """Return a clause as the reason why a parameter is not used.

    >>> in_words("opt", ["adam", "sgd"]), in_words("every", {"low": 1})
    ('it is used only where opt is adam or sgd', 'it is used only where every is at least 1')
    """
    if isinstance(clause, Mapping):
        words = {"low": "at least", "high": "at most"}
        return f"it is used only where {name} is {' and '.join(f'{words[key]} {clause[key]}' for key in clause)}"
    options = clause if isinstance(clause, list | tuple) else [clause]
    return f"it is used only where {name} is {' or '.join(map(str, options))}"
