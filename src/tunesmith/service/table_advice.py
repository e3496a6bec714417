"""What tunesmith advises on a table, as plain JSON values: families, recipes, and what a model lacks. Trains no fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..agents.family_selection import TableSize
from ..data.analysis import analyse
from ..data.read import read_table
from ..diagnosis.assessment import QUICK
from ..fitting.advice import diagnosed, drafted_recipe, suggested_families
from ..fitting.asked import options_of
from ..fitting.data_options import problems_of
from ..fitting.result import FitResult


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


def diagnosis_facts(folder: Path) -> dict[str, Any]:
    """Return where the model of a fit is weak and what helps, within some seconds.

    Raises:
        InputError: The folder holds no fitted model.
    """
    result = FitResult.load(folder)
    return {"folder": str(folder), **diagnosed(result.study, result.ensemble.combination, QUICK)}
