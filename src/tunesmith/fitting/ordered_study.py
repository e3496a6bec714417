"""The study of a `fit`: known good configurations first, in time, then a search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from ..core.objective import Objective
from ..core.space import SearchSpace
from ..core.trial import Proposal, TrialRequest
from ..executors.inline import InlineExecutor
from ..journal.file import JOURNAL_NAME
from ..study.study import Study
from ..study.tuning import load
from .options import SearchOptions
from .plan import PlannedTrial

RESERVED_SECONDS = 3.0
_STOPPING_SECONDS = 0.2  # For a trial that is stopped; it has nothing to lose.


def study_options(
    options: SearchOptions,
    *,
    space: SearchSpace,
    objective: Objective,
    folder: Path,
    planned: Sequence[PlannedTrial],
    started: float,
    reserved: float = RESERVED_SECONDS,
) -> dict[str, Any]:
    """Return the options of the study.

    Args:
        options: What the user asks for.
        space: The families and their hyperparameters.
        objective: The metric and the limits.
        folder: The study's folder.
        planned: What is tried first.
        started: When the time began to run, by `time.monotonic`.
        reserved: The seconds that must be left after the last trial, to combine, to report and to save.
    """
    seconds = options.minutes * 60 - (monotonic() - started) - reserved
    limits = options.budget.to_table() | {"minutes": max(seconds, 1.0) / 60}
    budget = type(options.budget)(**limits)
    return {
        "space": space,
        "objective": objective,
        "folder": folder,
        "budget": budget,
        "proposer": {
            "name": "ordered",
            "configurations": [trial.parameters for trial in planned],
            "seconds": [trial.seconds for trial in planned],
            "minutes": budget.minutes,
            "group": "family",
            "then": "portfolio",
        },
        "judge": {"name": "rules", "repeats": 0},
        "executor": {
            "name": "process",
            "slots": options.slots,
            "threads_per_trial": 1,
            "preload": "first",
            "grace_seconds": _STOPPING_SECONDS,
        },
        "model": options.model,
        "seed": options.seed,
    }


def seconds_before(folder: Path) -> float:
    """Return the seconds of earlier sessions, which count towards the minutes; 0 for a new study."""
    return load(folder).history.seconds_spent() if (folder / JOURNAL_NAME).exists() else 0.0


def run_first(study: Study, task: Any, proposal: Proposal) -> None:
    """Run a trial in this process, so that a model exists before anything can go wrong.

    Args:
        study: A study without trials.
        task: Its task.
        proposal: The trial.
    """
    engine, executor = study.engine, InlineExecutor()
    executor.open(lambda number, attempt, step, metrics: None)
    trial = engine.start(engine.enqueue(proposal).number)
    assert trial.folder is not None
    request = TrialRequest(
        number=trial.number, attempt=1, parameters=trial.parameters, seed=trial.seed, folder=trial.folder
    )
    study.tell(trial, executor.submit(task, request).result())
