"""What tunesmith advises on a table, by rules, as plain JSON values: for the MCP tools and for a model that advises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..agents.family_selection import Needs, TableSize, suggest_families
from ..data.findings import Finding
from ..data.problem import Problem
from ..diagnosis.assessment import Effort
from ..ensembles.combination import Combination
from ..recipes.suggestions import draft
from ..recipes.templates import DOMAINS, TEMPLATES
from ..study.study import Study
from .assess import assess_study


def suggested_families(problems: Sequence[Problem], size: TableSize, needs: Needs | None = None) -> dict[str, Any]:
    """Return what speaks for and against each family, those to be tried first at the beginning."""
    return {"families": [advice.to_table() for advice in suggest_families(problems, size, needs)]}


def drafted_recipe(request: str = "", findings: Iterable[Finding] = ()) -> dict[str, Any]:
    """Return a draft of a recipe, why it has each step, and the recipes that tunesmith knows by name.

    Args:
        request: What is wanted of the recipe, in plain words.
        findings: Of an analysis of the table.
    """
    suggestion = draft(request, findings)
    return {
        "recipe": suggestion.recipe.to_table(),
        "reasons": list(suggestion.reasons),
        "templates": {
            name: {"steps": [row["step"] for row in recipe.to_table()["steps"]], "purpose": _purpose(name)}
            for name, recipe in TEMPLATES.items()
        },
    }


def _purpose(name: str) -> str:
    usual = {"plain": "what every family needs", "engineered": "more columns for boosted trees"}
    return usual[name] if name in usual else DOMAINS[name].purpose


def diagnosed(study: Study, combination: Combination, effort: Effort) -> dict[str, Any]:
    """Return where the model of a fit is weak and what helps."""
    return {"diagnoses": [one.to_table() for one in assess_study(study, combination, effort).diagnoses]}
