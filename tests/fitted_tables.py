"""Small tables with everything that makes exports hard, and models fitted to them as `fit` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tunesmith import plugins
from tunesmith.core.budget import Budget
from tunesmith.core.objective import Metric, Objective
from tunesmith.core.trial import Value
from tunesmith.data.scores import score_named
from tunesmith.fitting.data_options import DataOptions
from tunesmith.fitting.options import parse_limits
from tunesmith.fitting.prepare import TABLE_FOLDER, prepare
from tunesmith.fitting.result import FitResult, combine
from tunesmith.fitting.space import search_space
from tunesmith.study.study import Study
from tunesmith.tasks.table import TableTask


def mixed_table(kind: str, rows: int = 240) -> pd.DataFrame:
    """Numbers with gaps, one of them beyond the precision of float32, categories with gaps, a date, a constant."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=rows),
            "serial": rng.normal(size=rows) * 1e6 + 1.6e9,
            "town": rng.choice(["Ulm", "Bonn", "Köln", "Aachen"], rows, p=[0.5, 0.3, 0.15, 0.05]),
            "colour": rng.choice(["red", "green"], rows),
            "day": pd.Timestamp("2023-12-20") + pd.to_timedelta(rng.integers(0, 400, rows), unit="D"),
            "same": 3.0,
        }
    )
    effect = frame["size"] + (frame["town"] == "Ulm") + (frame["serial"] > 1.6e9) + 0.3 * rng.normal(size=rows)
    for name in ("size", "serial", "town", "day"):
        frame.loc[rng.random(rows) < 0.08, name] = None
    edges = {"binary": [-np.inf, 0.8, np.inf], "multiclass": [-np.inf, 0.2, 1.2, np.inf]}
    labels = ["low", "middle", "high"] if kind == "multiclass" else ["no", "yes"]
    frame["target"] = effect * 1000 if kind == "regression" else pd.cut(effect, edges[kind], labels=labels).astype(str)
    return frame


def fitted(
    folder: Path, frame: Any, configurations: Sequence[dict[str, Value]], *, limits: Sequence[str] = (), **options: Any
) -> FitResult:
    """Run a study of given configurations on a table, and combine its trials."""
    table = prepare(frame, DataOptions(**{"target": "target", **options}), folder / TABLE_FOLDER, seed=0)
    score = score_named(None, table.problems)
    task = TableTask(table=TABLE_FOLDER, folder=str(folder), metric=score.name)
    chosen = {str(c["family"]): plugins.load("families", str(c["family"]))() for c in configurations}
    chosen["prior"] = plugins.load("families", "prior")()
    study = Study(
        task=task,
        space=search_space(chosen, sorted({"plain", *(str(c["recipe"]) for c in configurations)})),
        objective=Objective((Metric(score.name, "minimize"),), parse_limits(limits)),
        folder=folder,
        budget=Budget(trials=len(configurations) + 1),
        proposer={"name": "ordered", "configurations": configurations, "then": "random"},
        judge={"name": "rules", "repeats": 0},
        executor="inline",
    )
    study.run()
    combine(study, task)
    return FitResult.load(folder)


def first_configuration(family: str, frame: pd.DataFrame, **changes: Value) -> dict[str, Value]:
    """The first configuration of a family, with some hyperparameters changed."""
    from tunesmith.data.problem import Problem

    listed = plugins.load("families", family)().configurations(Problem.of(frame, "target"))
    parameters = {**(listed[0] if listed else {}), **changes}
    return {"family": family, "recipe": "plain", **{f"{family}.{name}": value for name, value in parameters.items()}}
