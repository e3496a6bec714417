"""Recipes that suit a table, a request or findings, by rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..data.findings import Finding
from ..data.schema import Schema
from ..text.wording import count
from .recipe import Recipe
from .templates import DOMAINS, TEMPLATES

_LEAST_ROWS = 500  # Below, what is chosen by the target is chosen by noise.
_MANY_COLUMNS = 500

_ORDER = (
    *("drop", "missing", "row_statistics", "dates", "text_statistics", "text", "few_values", "clip", "logs"),
    *("rare_levels", "counts", "crosses", "group_statistics", "target_means", "arithmetic", "select", "library"),
)

_REQUESTS: Sequence[tuple[str, dict[str, Any]]] = (
    (r"ratio|interaction|arithmetic|product of|difference", {"step": "arithmetic"}),
    (r"target.?(mean|encod)|mean.?encod", {"step": "target_means"}),
    (r"cross", {"step": "target_means", "crosses": 5}),
    (r"rare", {"step": "rare_levels"}),
    (r"missing|gaps", {"step": "missing"}),
    (r"cyclic|season|sine", {"step": "dates", "cyclical": True}),
    (r"skew|logarithm|\blog\b", {"step": "logs"}),
    (r"outlier|clip|winsor|extreme", {"step": "clip"}),
    (r"group|aggregat|\bper (store|product|customer|category)", {"step": "group_statistics"}),
    (r"frequenc|count", {"step": "counts"}),
    (r"constant|duplicate|useless|redundant", {"step": "drop"}),
    (r"(fewer|select\w*|best|reduce).{0,20}(columns|features)", {"step": "select"}),
    (r"one.?hot|dummies|dummy", {"step": "library", "use": "OneHotEncoder"}),
    (r"standardi[sz]|\bscal", {"step": "library", "use": "StandardScaler"}),
    (r"polynomial|quadratic", {"step": "library", "use": "PolynomialFeatures"}),
    (r"\bpca\b|principal comp", {"step": "library", "use": "PCA"}),
    (r"cluster|k.?means", {"step": "library", "use": "KMeans"}),
)

_FINDINGS: dict[str, dict[str, Any]] = {
    "constant": {"step": "drop"},
    "empty": {"step": "drop"},
    "duplicate_columns": {"step": "drop"},
    "identifier": {"step": "drop", "named": True},
    "row_number": {"step": "drop", "named": True},
    "target_copy": {"step": "drop", "named": True},
    "high_cardinality": {"step": "target_means"},
    "nearly_unique": {"step": "text_statistics"},
    "missing_tells_target": {"step": "missing"},
    "missing_together": {"step": "row_statistics", "statistics": ["missing"]},
    "outliers": {"step": "clip"},
    "skewed": {"step": "logs"},
    "wide": {"step": "select"},
}


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A recipe and why.

    Args:
        name: The name of a template, or `draft`.
        recipe: The recipe.
        reasons: Why each of its parts is there.
    """

    name: str
    recipe: Recipe
    reasons: tuple[str, ...]


def suggest(schema: Schema, rows: int) -> list[Suggestion]:
    """Return the templates that suit a table, the one for every family first.

    Args:
        schema: The columns.
        rows: The number of training rows.
    """
    kinds = [column.kind for column in schema.columns]
    numbers, categories = kinds.count("number"), kinds.count("category")
    chosen = [Suggestion(name="plain", recipe=TEMPLATES["plain"], reasons=("what every family needs",))]
    if rows >= _LEAST_ROWS and (numbers >= 2 or categories) and len(kinds) <= _MANY_COLUMNS:
        reason = f"{count(numbers, 'number')} and {count(categories, 'column')} of categories, for boosted trees"
        chosen.append(Suggestion(name="engineered", recipe=TEMPLATES["engineered"], reasons=(reason,)))
    words = {word for name in schema.names for word in _words(name)}
    for name, domain in DOMAINS.items():
        found = sorted(words & domain.words)
        if len(found) >= 2 and rows >= _LEAST_ROWS and (name != "words" or "text" in kinds):
            reason = f"columns about {', '.join(found[:4])}: {domain.purpose}"
            chosen.append(Suggestion(name=name, recipe=TEMPLATES[name], reasons=(reason,)))
    return chosen


def draft(request: str = "", findings: Iterable[Finding] = ()) -> Suggestion:
    """Return a recipe from plain words and from what an analysis found; what every family needs is always part of it.

    Args:
        request: Such as `"ratios of the amounts, and mark what is missing"`.
        findings: Of an analysis of the table.

    >>> suggestion = draft("add ratios, and clip outliers")
    >>> [type(step).__name__ for step in suggestion.recipe.steps]
    ['DatesStep', 'TextStep', 'ClipStep', 'ArithmeticStep']
    """
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    reasons = []
    domains = [name for name, domain in DOMAINS.items() if set(_words(request)) & domain.words]
    for name in domains[:1]:
        reasons.append(f"{name}: {DOMAINS[name].purpose}")
        for row in TEMPLATES[name].to_table()["steps"]:
            rows[_identity(row)] = row
    for row in TEMPLATES["plain"].to_table()["steps"]:
        rows.setdefault(_identity(row), row)
    for pattern, row in _REQUESTS:
        if match := re.search(pattern, request, re.IGNORECASE):
            rows[_identity(row)] = rows.get(_identity(row), {}) | row
            reasons.append(f"{row.get('use', row['step'])}: the request says '{match[0]}'")
    for finding in findings:
        if finding.kind in _FINDINGS:
            row = _FINDINGS[finding.kind]
            _add_columns(rows, row, finding)
            reasons.append(f"{row['step']}: {finding.text}")
    ordered = sorted(rows.values(), key=lambda row: _ORDER.index(row["step"]))
    return Suggestion(name="draft", recipe=Recipe.from_table({"steps": ordered}), reasons=tuple(reasons))


def _add_columns(rows: dict[tuple[str, ...], dict[str, Any]], row: dict[str, Any], finding: Finding) -> None:
    """Add a step for the columns of a finding; several findings of a kind share one step."""
    if row.get("named"):
        identity = (*_identity(row), "named")
        columns = [*rows.get(identity, {}).get("columns", []), *finding.columns]
        if columns:
            rows[identity] = {**row, "columns": sorted(set(columns))}
    else:
        rows.setdefault(_identity(row), row)


def _identity(row: dict[str, Any]) -> tuple[str, ...]:
    return (row["step"], row.get("use", ""))


def _words(text: str) -> list[str]:
    """Return the words of a name such as `monthlyCharges_2`, or of a sentence, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)]
