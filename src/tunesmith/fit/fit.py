"""Fit models to a table."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ..core.budget import Budget
from ..data.scores import score_named
from ..study.study import Study
from ..tasks.table import TableTask
from .prepare import DataOptions, prepare
from .result import FitResult, combine
from .space import families, first_configurations, search_space

_RESERVED_SECONDS = 3.0
_TABLE_FOLDER = "table"


def fit(
    data: Any,
    *,
    target: str,
    minutes: float = 5.0,
    metric: str | None = None,
    folder: Path | str | None = None,
    parallel: int | None = None,
    seed: int = 0,
) -> FitResult:
    """Find a good model of a table within some minutes.

    Args:
        data: A path of a CSV or Parquet file, or a frame.
        target: The column to predict.
        minutes: The time for everything, reading and saving included.
        metric: What to improve; log loss or RMSE by default.
        folder: The study's folder; `studies/NAME` by default.
        parallel: The number of trials at once; the number of cores by default.
        seed: The seed of all randomness.

    Returns:
        The fitted model and its study.

    Raises:
        InputError: The table or an option is wrong.
    """
    started = time.monotonic()
    name = Path(data).name.split(".")[0] if isinstance(data, str | Path) else "table"
    place = (Path("studies") / name if folder is None else Path(folder)).absolute()
    table = prepare(data, DataOptions(target=target), place / _TABLE_FOLDER, seed=seed)
    score = score_named(metric, table.problems)
    chosen = families(table)
    task = TableTask(table=_TABLE_FOLDER, folder=str(place), metric=score.name, families=list(chosen))
    left = minutes * 60 - (time.monotonic() - started) - _RESERVED_SECONDS
    options: dict[str, Any] = {
        "space": search_space(chosen),
        "objective": f"{'maximize' if score.maximize else 'minimize'} {score.name}",
        "folder": place,
        "budget": Budget(minutes=left / 60),
        "proposer": {
            "name": "ordered",
            "configurations": first_configurations(chosen, table.problems[0]),
            "then": "portfolio",
        },
        "judge": {"name": "rules", "repeats": 0},
        "executor": {
            "name": "process",
            "slots": parallel or len(os.sched_getaffinity(0)),
            "threads_per_trial": 1,
            "preload": "first",
        },
        "seed": seed,
    }
    study = Study(task=task, **options)
    try:
        study.run()
    finally:
        combine(study, task)
    return FitResult.load(place)
