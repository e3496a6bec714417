"""Fit models to a table."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ..core.budget import Budget
from ..data.problem import Problem
from ..data.read import read_frame
from ..data.scores import score_named
from ..proposers.ordered import OrderedProposer
from ..study.study import Study
from ..tasks.table import TableTask
from .result import FitResult
from .space import families, first_configurations, search_space

_RESERVED_SECONDS = 3.0


def fit(
    data: Path | str,
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
        data: The table's file.
        target: The column to predict.
        minutes: The time for everything, reading and saving included.
        metric: What to improve; log loss or RMSE by default.
        folder: The study's folder; `studies/NAME` by default.
        parallel: The number of trials at once; the number of cores by default.
        seed: The seed of all randomness.

    Returns:
        The ensemble of the best models, and the study.
    """
    started = time.monotonic()
    path = Path(data).expanduser().resolve()
    problem = Problem.of(read_frame(path), target)
    name, score = score_named(metric, problem)
    chosen = families()
    task = TableTask(data=path.name, folder=str(path.parent), target=target, metric=name)
    slots = parallel or len(os.sched_getaffinity(0))
    left = minutes * 60 - (time.monotonic() - started) - _RESERVED_SECONDS
    options: dict[str, Any] = {
        "space": search_space(chosen),
        "objective": f"{'maximize' if score.maximize else 'minimize'} {name}",
        "folder": folder or Path("studies") / path.name.split(".")[0],
        "budget": Budget(minutes=left / 60),
        "proposer": OrderedProposer(configurations=first_configurations(chosen, problem)),
        "executor": {"name": "process", "slots": slots, "threads_per_trial": 1},
        "seed": seed,
    }
    study = Study(task=task, **options)
    try:
        study.run()
    finally:
        result = FitResult.from_study(study, task)
    return result
