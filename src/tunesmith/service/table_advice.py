"""What tunesmith advises on a table, as plain JSON values: families, recipes, and what a model lacks. Trains no fit."""

from __future__ import annotations

from typing import Any

from ..agents.family_selection import TableSize
from ..data.analysis import analyse
from ..data.read import read_table
from ..diagnosis.assessment import QUICK
from ..fitting.advice import diagnosed, drafted_recipe, suggested_families
from ..fitting.data_options import problems_of
from ..fitting.options import FitOptions
from ..fitting.result import FitResult


def family_facts(data: Any, options: FitOptions) -> dict[str, Any]:
    """Return what speaks for and against each family on a table, those to be tried first at the beginning.

    Args:
        data: The table.
        options: The target, and what is needed of the model.

    Raises:
        InputError: The table or the target is wrong.
    """
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
        **suggested_families(problems, size, options.needs),
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
    return drafted_recipe(request, findings)


def diagnosis_facts(result: FitResult) -> dict[str, Any]:
    """Return where the model of a fit is weak and what helps, within some seconds."""
    return {"folder": str(result.folder), **diagnosed(result.study, result.ensemble.combination, QUICK)}
