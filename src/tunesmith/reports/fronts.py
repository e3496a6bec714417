"""The values behind the picture of a Pareto front. No drawing here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.objective import Metric
from ..core.pareto import Floats, hypervolume, non_dominated, reference_point
from ..core.trial import State, Trial
from ..history.history import History
from ..text import wording
from .data import may_lead


@dataclass(frozen=True)
class FrontRow:
    """One trial on the front: its metrics in the objective's order and their own sign, the means over its repeats."""

    trial: Trial
    values: tuple[float, ...]


@dataclass(frozen=True)
class Growth:
    """How the front grew: the share of the final box that is dominated, after each trial that made it more.

    Args:
        numbers: The trials.
        shares: In [0, 1], rising; the box reaches from the last front's ideal point to its reference point.
    """

    numbers: tuple[int, ...]
    shares: tuple[float, ...]


def front_rows(history: History) -> list[FrontRow]:
    """Return the front of a Pareto objective, by the first metric; empty for any other objective."""
    if not history.objective.pareto:
        return []
    signs = [metric.sign for metric in history.objective.metrics]
    return [FrontRow(trial, tuple((history.mean_values(trial) * signs).tolist())) for trial in history.front]


def others(history: History) -> list[FrontRow]:
    """Return the complete trials that are not on the front, as single results."""
    members = {run.number for trial in history.front for run in history.repeats(trial)}
    signs = [metric.sign for metric in history.objective.metrics]
    values = history.values * signs
    return [
        FrontRow(trial, tuple(values[trial.number].tolist()))
        for trial in history.trials
        if trial.state is State.COMPLETE and trial.number not in members and not np.isnan(values[trial.number]).any()
    ]


def growth(history: History) -> Growth:
    """Return how much of the final box was dominated, trial by trial; of single results that may lead."""
    able = [trial.number for trial in history.trials if may_lead(history, trial)]
    if not able:
        return Growth((), ())
    units = _in_box(history.values[able])
    numbers, shares = [], []
    front = units[:0]
    for number, point in zip(able, units, strict=True):
        if (point >= 1).any() or (front <= point).all(axis=1).any():
            continue
        front = np.vstack([front, point])
        front = front[non_dominated(front)]
        numbers.append(number)
        shares.append(hypervolume(front, np.ones(units.shape[1])))
    return Growth(tuple(numbers), tuple(shares))


def _in_box(values: Floats) -> Floats:
    """Return points with the ideal point at 0 and the reference point at 1 in each metric."""
    values = values / np.maximum(np.abs(values).max(axis=0), 1e-300)
    ideal = values.min(axis=0)
    return np.asarray((values - ideal) / (reference_point(values) - ideal))


def named(metric: Metric) -> str:
    """Return a metric's name and which way is better."""
    return f"{metric.name} ({'lower' if metric.sign > 0 else 'higher'} is better)"


def table(history: History, rows: Sequence[FrontRow]) -> list[list[str]]:
    """Return the front as a header and lines of words: trial, metrics, runs, proposer; nothing where it is empty."""
    if not rows:
        return []
    runs = [sum(run.state is State.COMPLETE for run in history.repeats(row.trial)) for row in rows]
    return [
        ["trial", *map(named, history.objective.metrics), "runs", "proposer"],
        *(
            [str(row.trial.number), *map(wording.number, row.values), str(count), row.trial.proposal.proposer]
            for row, count in zip(rows, runs, strict=True)
        ),
    ]
