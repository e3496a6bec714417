"""What tunesmith advises on a table, as plain JSON values: families, recipes, and what a model lacks. Trains no fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..agents.family_selection import TableSize, suggest_families
from ..data.analysis import analyse
from ..data.read import read_table
from ..diagnosis.assessment import QUICK
from ..fitting.asked import options_of
from ..fitting.assess import assess_study
from ..fitting.prepare import problems_of
from ..fitting.result import FitResult
from ..recipes.suggestions import draft
from ..recipes.templates import DOMAINS, TEMPLATES


def family_facts(data: Any, target: str | None, request: str | None = None) -> dict[str, Any]:
    """Return what speaks for and against each family on a table, those to be tried first at the beginning.

    Args:
        data: The table.
        target: The column to predict; None where the request names it.
        request: What is needed of the model, in plain words.

    Raises:
        InputError: The table, the target or the request is wrong.
    """
    options = options_of(data, {"target": target, "request": request})
    raw = read_table(data)
    problems = problems_of(raw.frame, options.data, decimal=raw.decimal, findings=[])
    columns = analyse(raw, problems).columns
    features = [column for column in columns if column.name not in options.data.unused]
    size = TableSize(rows=len(raw.frame), columns=len(features), texts=sum(c.kind == "text" for c in features))
    return {
        "targets": list(options.data.targets),
        "rows": size.rows,
        "columns": size.columns,
        **({} if options.request is None else {"request": options.request.to_facts()}),
        "families": [advice.to_table() for advice in suggest_families(problems, size, options.needs)],
    }


def recipe_facts(data: Any = None, target: str | None = None, request: str = "") -> dict[str, Any]:
    """Return a draft of a recipe, why it has each step, and the recipes that tunesmith knows by name.

    Args:
        data: The table, whose findings the draft answers; by default words alone are read.
        target: The column to predict.
        request: What is wanted of the recipe, in plain words.

    Raises:
        InputError: The table or the target is wrong.
    """
    findings = () if data is None else analyse(data, () if target is None else target).findings
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


def diagnosis_facts(folder: Path) -> dict[str, Any]:
    """Return where the model of a fit is weak and what helps, within some seconds.

    Raises:
        InputError: The folder holds no fitted model.
    """
    result = FitResult.load(folder)
    diagnoses = assess_study(result.study, result.ensemble.combination, QUICK).diagnoses
    return {"folder": str(folder), "diagnoses": [diagnosis.to_table() for diagnosis in diagnoses]}
