"""The values behind the plots of a Pareto front. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats
from ..core.pareto import hypervolume, non_dominated, reference_point
from ..core.trial import State, Trial
from ..history.history import History
from ..text import wording
from .data import Measure, may_lead


@dataclass(frozen=True)
class FrontRow:
    """One trial and its metrics, in the objective's order and their own sign; on the front, means over repeats."""

    trial: Trial
    values: tuple[float, ...]


def front_rows(history: History) -> list[FrontRow]:
    """Return the front of a Pareto objective, ordered by the first metric; empty for any other objective."""
    if not history.objective.pareto:
        return []
    signs = [metric.sign for metric in history.objective.metrics]
    return [FrontRow(trial, tuple((history.mean_values(trial) * signs).tolist())) for trial in history.front]


def others(history: History) -> list[FrontRow]:
    """Return the complete trials that are not on the front, with their single results."""
    members = {run.number for trial in history.front for run in history.repeats(trial)}
    signs = [metric.sign for metric in history.objective.metrics]
    values = history.values * signs
    return [
        FrontRow(trial, tuple(values[trial.number].tolist()))
        for trial in history.trials
        if trial.state is State.COMPLETE and trial.number not in members and not np.isnan(values[trial.number]).any()
    ]


def growth(history: History) -> list[tuple[int, float]]:
    """Return the trials that extended the front, and the dominated share after each, in [0, 1] and rising.

    It is the share of the box between the final front's ideal point and its reference point. Repeats are not averaged.
    """
    numbers = [trial.number for trial in history.trials if may_lead(history, trial)]
    if not numbers:
        return []
    points = _in_box(history.values[numbers])
    grown = []
    front = points[:0]
    for number, point in zip(numbers, points, strict=True):
        if (point >= 1).any() or (front <= point).all(axis=1).any():
            continue
        front = np.vstack([front, point])
        front = front[non_dominated(front)]
        grown.append((number, hypervolume(front, np.ones(points.shape[1]))))
    return grown


def _in_box(values: Floats) -> Floats:
    """Return points scaled so that in each metric the ideal point is 0 and the reference point 1."""
    values = values / np.maximum(np.abs(values).max(axis=0), 1e-300)
    ideal = values.min(axis=0)
    return np.asarray((values - ideal) / (reference_point(values) - ideal))


def front_table(history: History, rows: Sequence[FrontRow]) -> list[list[str]]:
    """Return the front as text, a header first: trial, metrics, runs, proposer. Empty without rows."""
    if not rows:
        return []
    labels = [Measure.of_metric(metric).label for metric in history.objective.metrics]
    table = [["trial", *labels, "runs", "proposer"]]
    for row in rows:
        runs = sum(run.state is State.COMPLETE for run in history.repeats(row.trial))
        values = map(wording.number, row.values)
        table.append([str(row.trial.number), *values, str(runs), row.trial.proposal.proposer])
    return table
