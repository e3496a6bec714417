"""What trials came to by the value of one parameter, in a few groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.parameters import Choice
from ..core.trial import State, Trial
from ..history.history import History
from .study_summary import value_table

_GROUPS = 8

Floats = NDArray[np.float64]


def measured(history: History) -> Floats:
    """Return what each trial came to in units of the objective: its metric, or the first of several; NaN if unknown."""
    losses = history.values[:, 0] if history.objective.pareto else history.losses
    return np.asarray(history.objective.primary.sign * losses)


def observed(history: History, name: str) -> list[dict[str, Any]]:
    """Return the settled trials in groups by a parameter's value, as plain JSON values.

    One group for each option of a choice, and for each of few values; otherwise groups of about equal size.
    """
    parameter = history.space.parameters[name]
    having = [trial for trial in history.trials if trial.state.settled and name in trial.parameters]
    settled = [trial for trial in having if parameter.contains(trial.parameters[name])]
    units = {trial.number: parameter.to_unit(trial.parameters[name]) for trial in settled}
    every = sorted(units.values())
    edges = sorted(set(every))[1:]
    if len(edges) >= _GROUPS and not isinstance(parameter, Choice):
        edges = sorted({every[len(every) * part // _GROUPS] for part in range(1, _GROUPS)})
    members: dict[int, list[Trial]] = {}
    for trial in sorted(settled, key=lambda trial: units[trial.number]):
        members.setdefault(int(np.searchsorted(edges, units[trial.number], side="right")), []).append(trial)
    came_to = measured(history)
    return [_group(history, name, trials, came_to[[trial.number for trial in trials]]) for trials in members.values()]


def _group(history: History, name: str, trials: Sequence[Trial], came_to: Floats) -> dict[str, Any]:
    known = np.sort(came_to[np.isfinite(came_to)]).tolist()
    best = 0 if history.objective.primary.sign > 0 else -1
    return {
        "from": value_table(trials[0].parameters[name]),
        "to": value_table(trials[-1].parameters[name]),
        "trials": len(trials),
        "failed": sum(trial.state is State.FAILED for trial in trials),
        "best": value_table(known[best]) if known else None,
        "median": value_table(known[len(known) // 2]) if known else None,
    }
