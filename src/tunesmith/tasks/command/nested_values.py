"""Values in tables within tables, as the parts of the data in a file of metrics: `{"eval": {"f1": 0.8}}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...in_script.metric_names import WantedNames

_DEEPEST = 6


def flat_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return all values by name, those of inner tables with the names of the outer ones before them.

    >>> flat_values({"seed": 1, "eval": {"f1": 0.8, "top": {"5": 0.9}}})
    {'seed': 1, 'eval.f1': 0.8, 'eval.top.5': 0.9}
    """
    flat: dict[str, Any] = {}
    for name, value in _pairs(values, "", _DEEPEST):
        flat.setdefault(name, value)
    return flat | {name: value for name, value in values.items() if not isinstance(value, Mapping)}


def wanted_values(values: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """Return values with the names of a study: `eval_f1`, `eval/f1` and `eval.f1` are the same.

    What is spelled exactly as in the study comes before other spellings.

    Args:
        values: The values, which may have inner tables.
        wanted: The names that the study needs.
    """
    flat, names = flat_values(values), WantedNames(tuple(wanted))
    named: dict[str, Any] = {}
    for name, value in flat.items():
        known = names.find(name) or name
        if known == name or (known not in flat and known not in named):
            named[known] = value
    return named


def _pairs(values: Mapping[str, Any], before: str, deepest: int) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and deepest > 0:
            yield from _pairs(value, f"{before}{key}.", deepest - 1)
        else:
            yield f"{before}{key}", value
