"""The script of a fitted model."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pprint import pformat
from typing import Any, ClassVar

import numpy as np

from ...data.scores import score_named
from ...data.table import Table
from ...ensembles.ensemble import Ensemble, Member
from ...errors import InputError
from ...families.base import own_parameters
from ...recipes.files import recipe_named
from ...recipes.python import PythonSource
from ...text import wording
from ...text.cleaning import clean
from .._selection import exportable_ensemble
from ..base import Export, ExportSource, ForecastSource, write_file
from .main import MAIN, METRICS
from .parts.folds import assign_folds
from .paste import merged_imports, parts

PARTS = {
    "prior": "prior",
    "linear": "linear",
    "decision_tree": "forests",
    "extra_trees": "forests",
    "random_forest": "forests",
    "lightgbm": "lightgbm",
    "additive": "lightgbm",
    "xgboost": "xgboost",
    "catboost": "catboost",
    "hist_gradient_boosting": "hist_gradient_boosting",
}
"""The part that holds the function of each family."""
_COMMON = ("reading", "folds", "combining")
_FOLDS_AFTER_ALL = (
    "The model was trained again on all rows, but the script trains the models of all folds, which take longer to "
    "predict."
)


@dataclass(frozen=True, kw_only=True)
class ScriptExporter:
    """Writes one readable Python file that reads the table, trains the members again and reports the same score."""

    file: ClassVar[str] = "model.py"

    def export(self, source: ExportSource, path: Path) -> Export:
        """Write the script.

        Raises:
            InputError: There are several targets, or no member can be written as a script.
        """
        problems = source.ensemble.problems
        if len(problems) > 1 or problems[0].label is not None:
            raise InputError("a script predicts one column, but this model predicts several. Use --to onnx.")
        ensemble, notes = exportable_ensemble(source, _refusal, form="a script")
        metric = ensemble.metric if ensemble.metric in METRICS else _usual_metric(ensemble)
        expected = _score(source, ensemble, metric)
        text = _script(source, ensemble, metric, expected)
        compile(text, str(path), "exec")
        write_file(path, text.encode())
        told = f"Run it with: python {path.name} DATA.csv. It should report {metric} {wording.number(expected)}."
        notes = [*notes, *([_FOLDS_AFTER_ALL] if ensemble.whole else [])]
        return Export(path=path, notes=[*notes, told], facts={"metric": metric, "score": expected})

    def export_forecasts(self, source: ForecastSource, path: Path) -> Export:
        """Write the script of forecasting models; see `forecasts.exporter`.

        Raises:
            InputError: No member can be written as a script.
        """
        from .forecasts.exporter import export_forecasts

        return export_forecasts(source, path)


def _refusal(member: Member) -> str | None:
    return None if member.family in PARTS else f"{member.family} needs more than public libraries"


def _usual_metric(ensemble: Ensemble) -> str:
    return "log_loss" if ensemble.problems[0].is_classification else "rmse"


def _score(source: ExportSource, ensemble: Ensemble, metric: str) -> float:
    """Return the score that the script should report."""
    table, score = source.table, score_named(metric, ensemble.problems)
    predictions = {member.trial: source.out_of_fold(member.trial) for member in ensemble.members}
    target, weight = table.held_out_target, table.held_out_weight
    return ensemble.combination.score(ensemble.problems, target, predictions, score, weight)


def _script(source: ExportSource, ensemble: Ensemble, metric: str, expected: float) -> str:
    used = parts([*_COMMON, *(PARTS[member.family] for member in ensemble.members)])
    recipes = {
        name: _recipe(name, source.folder)
        for name in dict.fromkeys(str(member.parameters["recipe"]) for member in ensemble.members)
    }
    statements = [statement for part in used.values() for statement in part.imports]
    statements += [
        statement for recipe in recipes.values() for statement in recipe.imports if "__future__" not in statement
    ]
    statements += ["import sys", "import numpy as np", "import pandas as pd", METRICS[metric][0]]
    definitions: dict[str, str] = {}
    for recipe in recipes.values():
        definitions |= recipe.definitions
    blocks = [
        _header(ensemble, metric, expected),
        merged_imports(statement for statement in statements if statement),
        _constants(source, ensemble),
        *(part.body for part in used.values()),
        *definitions.values(),
        *(_recipe_function(name, recipe) for name, recipe in recipes.items()),
        _members(source, ensemble),
        MAIN.replace("SCORE_OF_ROWS", METRICS[metric][1])
        .replace("METRIC", metric)
        .replace("EXPECTED", f"{expected:.6g}"),
    ]
    return "\n\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _main(metric: str, expected: float) -> str:
    text = MAIN.replace("SCORE_OF_ROWS", METRICS[metric][1]).replace("METRIC", metric)
    return text.replace("EXPECTED", f"{expected:.6g}")


def _recipe(name: str, folder: Path) -> PythonSource:
    return recipe_named(name, folder).python()


def _header(ensemble: Ensemble, metric: str, expected: float) -> str:
    target = clean(ensemble.problems[0].target).replace('"""', "'''").replace("\\", "/")
    members = wording.count(len(ensemble.members), "model")
    return (
        f'"""Trains the model that predicts {target}: {members}, each on every fold, combined by weights.\n\n'
        f"Run it with: python model.py DATA.csv\n\n"
        f"It reports the {metric} of rows that were not trained on, about {expected:.6g}. After `main`,\n"
        "`predict` predicts other rows. Members that ran out of time when they were first trained are trained to\n"
        "their end here.\n"
        f"{_folds_after_all(ensemble)}"
        '"""\n\n# ruff: noqa'
    )


def _folds_after_all(ensemble: Ensemble) -> str:
    return f"\n{textwrap.fill(_FOLDS_AFTER_ALL, 110)}\n" if ensemble.whole else ""


def _constants(source: ExportSource, ensemble: Ensemble) -> str:
    table, problem = source.table, ensemble.problems[0]
    columns = {column.name: column.kind for column in ensemble.schema.columns}
    decimals = {column.name: column.decimal for column in ensemble.schema.columns if column.decimal != "."}
    facts = {
        "TARGET": problem.target,
        "CLASSES": list(problem.classes),
        "COLUMNS": columns,
        "DECIMALS": decimals,
        "WEIGHT": table.source.get("weight"),
        "TIME": table.source.get("time"),
        "SEED": int(table.source.get("seed", 0)),
        "FACTORS": list(ensemble.combination.factors[0]),
        "FINAL_SHARPNESS": ensemble.combination.final[0],
        "FOLDS": _folds(table),
    }
    return "\n".join(f"{name} = {pformat(value, width=110, sort_dicts=False)}" for name, value in facts.items())


def _folds(table: Table) -> list[str] | int:
    """Return the number of repeats if the script can deal the rows itself, or the fold of each row, as digits."""
    target, classes = table.target[:, 0], len(table.problems[0].classes)
    seed = int(table.source.get("seed", 0))
    dealt = [
        assign_folds(target, classes, seed, repeat)  # type: ignore[no-untyped-call]
        for repeat in range(len(table.folds))
    ]
    if not table.ordered and np.array_equal(np.stack(dealt), table.folds):
        return len(dealt)
    return ["".join("-" if fold < 0 else str(fold) for fold in row) for row in table.folds.tolist()]


def _recipe_function(name: str, recipe: PythonSource) -> str:
    steps = "".join(f"        {step},\n" for step in recipe.steps)
    return (
        f'def {_identifier(name)}():\n    """Return the steps of the recipe, not fitted."""\n    return [\n{steps}    ]'
    )


def _identifier(name: str) -> str:
    return "recipe_" + "".join(character if character.isalnum() and character.isascii() else "_" for character in name)


def _members(source: ExportSource, ensemble: Ensemble) -> str:
    lines = []
    for member in sorted(ensemble.members, key=lambda member: -member.weight):
        trial = member.trial
        row = {
            "weight": ensemble.combination.weights[trial],
            "sharpness": ensemble.combination.sharpness[trial][0],
            "seed": source.history.trials[trial].seed,
            "options": _options(member),
        }
        told = ", ".join(f"{name}={value!r}" for name, value in row.items())
        lines.append(f"    dict(fit={member.family}, recipe={_identifier(str(member.parameters['recipe']))}, {told}),")
    return "MEMBERS = [\n" + "\n".join(lines) + "\n]"


def _options(member: Member) -> Mapping[str, Any]:
    """Return hyperparameters; the number of trees is that of the forests, which may have ended for want of time."""
    options = own_parameters(member.parameters, member.family)
    counts: Sequence[int] = [
        model.grown for pipeline in member.pipelines for model in pipeline.models if hasattr(model, "grown")
    ]
    if "trees" in options and counts:
        options["trees"] = round(sum(counts) / len(counts))
    return options
