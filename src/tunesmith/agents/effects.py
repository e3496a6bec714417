"""Trial outcomes grouped by the value of one parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Choice
from ..core.trial import State, Trial
from ..history.history import History
from .study_summary import value_to_json

_GROUPS = 8


def primary_values(history: History) -> Floats:
    """Return each trial's value of the objective, or of its first metric; shape `(trials,)`, NaN if unknown."""
    losses = history.values[:, 0] if history.objective.pareto else history.losses
    return np.asarray(history.objective.primary.sign * losses)


def groups_by_value(history: History, name: str) -> list[dict[str, Any]]:
    """Return the settled trials in groups by a parameter's value, as JSON values.

    Each option of a choice and each of few values is a group; otherwise the groups are of about equal size.
    """
    parameter = history.space.parameters[name]
    active = [trial for trial in history.trials if trial.state.settled and name in trial.parameters]
    settled = [trial for trial in active if parameter.contains(trial.parameters[name])]
    units = {trial.number: parameter.to_unit(trial.parameters[name]) for trial in settled}
    ordered = sorted(units.values())
    edges = sorted(set(ordered))[1:]
    if len(edges) >= _GROUPS and not isinstance(parameter, Choice):
        edges = sorted({ordered[len(ordered) * part // _GROUPS] for part in range(1, _GROUPS)})
    groups: dict[int, list[Trial]] = {}
    for trial in sorted(settled, key=lambda trial: units[trial.number]):
        groups.setdefault(int(np.searchsorted(edges, units[trial.number], side="right")), []).append(trial)
    values = primary_values(history)
    return [_group(history, name, trials, values[[trial.number for trial in trials]]) for trials in groups.values()]


def _group(history: History, name: str, trials: Sequence[Trial], values: Floats) -> dict[str, Any]:
    known = np.sort(values[np.isfinite(values)]).tolist()
    best = 0 if history.objective.primary.sign > 0 else -1
    return {
        "from": value_to_json(trials[0].parameters[name]),
        "to": value_to_json(trials[-1].parameters[name]),
        "trials": len(trials),
        "failed": sum(trial.state is State.FAILED for trial in trials),
        "best": value_to_json(known[best]) if known else None,
        "median": value_to_json(known[len(known) // 2]) if known else None,
    }
