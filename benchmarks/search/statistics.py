"""Statistics of runs: regrets at checkpoints, ranks, intervals, and the speed-up by several slots."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .problems import BenchProblem
from .store import Key, Record

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """Means over problems with equal weight for each group, and 95 % bootstrap intervals over problems.

    Args:
        mean: Shape `(contenders, checkpoints)`.
        low: The lower end of the interval, same shape.
        high: The upper end of the interval, same shape.
    """

    mean: Floats
    low: Floats
    high: Floats


def best_after(record: Record, trials: int) -> float:
    """Return the lowest loss of the trials that ended first."""
    return min(record.losses[:trials])


def best_within(record: Record, budget: float) -> float:
    """Return the lowest loss of the trials that ended within a time; infinite if none had."""
    return min((loss for loss, end in zip(record.losses, record.ends, strict=True) if end <= budget), default=math.inf)


def shared_seeds(
    records: Mapping[Key, Record], contenders: Sequence[str], names: Sequence[str], slots: int
) -> dict[str, list[int]]:
    """Return the seeds that all contenders ran, by problem; problems without any are left out."""
    ran: dict[str, dict[str, set[int]]] = {}
    for key in records:
        if key.slots == slots:
            ran.setdefault(key.problem, {}).setdefault(key.contender, set()).add(key.seed)
    shared = {
        name: sorted(set.intersection(*(ran.get(name, {}).get(who, set()) for who in contenders))) for name in names
    }
    return {name: seeds for name, seeds in shared.items() if seeds}


def ranks(losses: Floats) -> Floats:
    """Return ranks from 1 along the first axis; ties share the mean of their ranks."""
    better = np.sum(losses[None] < losses[:, None], axis=1)
    equal = np.sum(losses[None] == losses[:, None], axis=1)
    return np.asarray(1.0 + better + (equal - 1) / 2)


def best_first(means: Floats) -> list[int]:
    """Return the rows of contenders, shape `(contenders, checkpoints)`, in the order of their means."""
    return [int(row) for row in np.argsort(means.mean(axis=1))]


def over_problems(values: Sequence[Floats], groups: Sequence[str], draws: int = 2000) -> Figures:
    """Average over problems, with bootstrap intervals over problems.

    Args:
        values: One array `(contenders, checkpoints)` per problem.
        groups: The group of each problem; all groups have the same weight.
        draws: The number of bootstrap samples; problems are drawn with replacement within each group.
    """
    stacked = np.array(values)
    members = [[index for index, group in enumerate(groups) if group == one] for one in dict.fromkeys(groups)]

    def mean(choose: Callable[[list[int]], Any]) -> Floats:
        return np.mean([stacked[list(choose(group))].mean(axis=0) for group in members], axis=0)  # type: ignore[no-any-return]

    rng = np.random.default_rng(0)
    drawn = np.array([mean(lambda group: rng.choice(group, len(group))) for _ in range(draws)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return Figures(mean(lambda group: group), low, high)


def speed_up(
    serial: Mapping[str, Sequence[Record]],
    parallel: Mapping[str, Sequence[Record]],
    problems: Mapping[str, BenchProblem],
    trials: Sequence[int],
) -> list[float | None]:
    """Return how many times faster several slots reach the regret that one slot reaches.

    The unit of time is the mean duration of the problem's serial trials. Regret over time is averaged over seeds, then
    over problems, with equal weight for each group.

    Args:
        serial: Runs with one slot, by problem.
        parallel: Runs of the same problems with several slots.
        problems: The problems by name.
        trials: Numbers of trials; each sets the regret to reach, that of one slot after this many mean durations.

    Returns:
        The ratio of the times for each number of trials; None if several slots did not reach the regret.
    """
    times = np.arange(0, max(trials) + 1e-9, 0.05)
    units = {name: float(np.mean([run.ends[-1] / len(run.ends) for run in runs])) for name, runs in serial.items()}
    one, many = (_over_time(runs, problems, units, times) for runs in (serial, parallel))
    reached = []
    for number in trials:
        soonest = np.flatnonzero(many <= one[np.searchsorted(times, number - 1e-9)])
        reached.append(number / times[soonest[0]] if soonest.size else None)
    return reached


def _over_time(
    runs: Mapping[str, Sequence[Record]],
    problems: Mapping[str, BenchProblem],
    units: Mapping[str, float],
    times: Floats,
) -> Floats:
    """Return the mean regret at each time."""
    by_group: dict[str, list[Floats]] = {}
    for name, records in runs.items():
        curves = []
        for record in records:
            regrets = map(problems[name].regret, [math.inf, *np.minimum.accumulate(record.losses)])
            ended = np.searchsorted(np.array(record.ends) / units[name], times, side="right")
            curves.append(np.array(list(regrets))[ended])
        by_group.setdefault(problems[name].group, []).append(np.mean(curves, axis=0))
    return np.mean([np.mean(curves, axis=0) for curves in by_group.values()], axis=0)  # type: ignore[no-any-return]
