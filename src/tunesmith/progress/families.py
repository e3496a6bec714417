"""The families of a fit, each with its best trial: what the live view shows beside the trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.objective import Objective
from ..core.trial import State, Trial
from ..history.history import History

FAMILY = "family"


@dataclass(frozen=True, kw_only=True)
class FamilyRow:
    """What a family has achieved so far.

    Args:
        name: Its name.
        best: Its best complete trial that keeps all constraints, or None.
        value: The first metric of that trial.
        complete: The number of complete trials.
        failed: The number of failed ones.
        running: The number of running ones.
        seconds: The time that its settled trials took.
    """

    name: str
    best: int | None = None
    value: float | None = None
    complete: int = 0
    failed: int = 0
    running: int = 0
    seconds: float = 0.0


def is_fit(history: History) -> bool:
    """Return whether a study is one of `fit`, whose trials train models of families."""
    task = None if history.created is None else history.created.study.get("task")
    return isinstance(task, dict) and task.get("kind") == "table" and FAMILY in history.space.names


def family_rows(trials: Sequence[Trial], objective: Objective) -> list[FamilyRow]:
    """Return the families that were tried, the best first.

    Args:
        trials: The trials of a fit.
        objective: Its objective.
    """
    by_family: dict[str, list[Trial]] = {}
    for trial in trials:
        by_family.setdefault(str(trial.parameters.get(FAMILY)), []).append(trial)
    sign = objective.primary.sign
    rows = [_row(name, tried, objective) for name, tried in by_family.items()]
    return sorted(rows, key=lambda row: (row.value is None, 0.0 if row.value is None else sign * row.value))


def _row(name: str, trials: Sequence[Trial], objective: Objective) -> FamilyRow:
    metric = objective.primary
    complete = [trial for trial in trials if trial.state is State.COMPLETE]
    feasible = [trial for trial in complete if not objective.violation(trial.metrics)]
    best = min(feasible, key=lambda trial: metric.sign * trial.metrics[metric.name], default=None)
    return FamilyRow(
        name=name,
        best=None if best is None else best.number,
        value=None if best is None else best.metrics[metric.name],
        complete=len(complete),
        failed=sum(trial.state is State.FAILED for trial in trials),
        running=sum(trial.state is State.RUNNING for trial in trials),
        seconds=sum(trial.seconds or 0.0 for trial in trials if trial.state.settled),
    )
