"""A fit as plain JSON values: what `--json` prints and what the MCP tools answer."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from ..data.analysis import Analysis
from ..data.problem import Problem
from ..data.scores import score_named
from ..data.table import Table
from ..fitting.options import FitOptions
from ..fitting.prepare import prepare
from ..fitting.result import FitResult
from ..fitting.selection import asked_families, first_trials
from ..fitting.space import absent_families, families


def understood_facts(data: Any, options: FitOptions, folder: Path) -> dict[str, Any]:
    """Return what a fit would do with a table: columns, target, metric, folds, families; trains and keeps nothing.

    Args:
        data: The table, as `prepare` takes it.
        options: What the user asks for.
        folder: Where the fit would be kept.

    Raises:
        InputError: The table or an option is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="tunesmith-") as place:
        table = prepare(data, options.data, Path(place) / "table", seed=options.seed)
        analysis = Analysis.load(Path(place) / "table")
        score = score_named(options.metric, table.problems)
        chosen = {
            name: family
            for name, family in families(table, options.families or None).items()
            if name in asked_families(table, options)
        }
        return {
            "data": str(data) if isinstance(data, str | Path) else type(data).__name__,
            "folder": str(folder),
            "rows": len(table.target),
            "targets": [_target_facts(problem, table, index) for index, problem in enumerate(table.problems)],
            "columns": {column.name: column.kind for column in table.schema.columns},
            "findings": _finding_facts(analysis),
            "metric": score.name,
            "direction": "maximize" if score.maximize else "minimize",
            "validation": _validation(table),
            "families": {name: family.profile.title for name, family in chosen.items()},
            "absent": [] if options.restricts_families else absent_families(table),
            "first": [str(trial.parameters["family"]) for trial in first_trials(chosen, table, options)],
            "limits": [
                {"metric": limit.metric, "low": limit.low, "high": limit.high} for limit in options.limits
            ],
            "minutes": options.minutes,
            **({} if options.request is None else {"request": options.request.to_facts()}),
        }  # fmt: skip


def _target_facts(problem: Problem, table: Table, index: int) -> dict[str, Any]:
    values = table.target[:, index]
    facts: dict[str, Any] = {"name": problem.target, "kind": problem.kind}
    if not problem.is_classification:
        return facts | {"low": float(values.min()), "high": float(values.max())}
    counts = Counter(values.astype(int).tolist())
    return facts | {"classes": {name: counts[code] for code, name in enumerate(problem.classes)}}


def _validation(table: Table) -> dict[str, Any]:
    splits = table.splits
    held_out = sum(len(held_out) for _, held_out in splits) / len(splits)
    return {"folds": len(splits), "repeats": len(table.folds), "rows_held_out": round(held_out)}


def _finding_facts(analysis: Analysis | None) -> list[dict[str, Any]]:
    return [] if analysis is None else [finding.to_table() for finding in analysis.findings]


def fit_facts(result: FitResult, *, test: bool = False) -> dict[str, Any]:
    """Return the facts of a fitted model: score, members, and every trained configuration.

    Args:
        result: The fitted model.
        test: Whether to score it on the test rows, if there are any.
    """
    ensemble = result.ensemble
    test_scores = result.test_scores()[0] if test else ()
    rows = result.leaderboard().to_dict("records")
    return {
        "folder": str(result.folder),
        "targets": [problem.target for problem in ensemble.problems],
        "metric": ensemble.metric,
        "score": ensemble.score,
        **({"test": {score.metric: score.value for score in test_scores}} if test_scores else {}),
        "models": [
            {"trial": member.trial, "family": member.family, "weight": member.weight} for member in ensemble.members
        ],
        **({"trained_on": "all rows"} if ensemble.whole else {}),
        "leaderboard": [{str(key): _plain(value) for key, value in row.items()} for row in rows],
        "findings": _finding_facts(result.analysis),
        **({} if result.request is None else {"request": result.request.to_facts()}),
        "minutes": round(result.study.history.seconds_spent() / 60, 3),
    }


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
