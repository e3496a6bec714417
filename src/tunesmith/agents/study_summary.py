"""A study in at most 3,000 tokens, however long it is: what a language model is told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from scipy.stats import spearmanr

from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import State, Trial, Value
from ..history.history import History
from ..proposers.gp import GpProposer
from ..reports.importance import importance
from ..runner.coordinator import focus
from ..text.cleaning import short

MOST_TOKENS = 3000
BYTES_PER_TOKEN = 3  # Of JSON; English words have four, and of other scripts a character has as many.
_PARAMETERS, _BEST, _LAST, _CANDIDATES, _FAILURES, _REFUSED = 40, 5, 5, 3, 3, 3
_LONGEST = 80  # Characters of a name, a text value, or a message.
_OPTIONS = 12


class StudySummary:
    """What a language model is told of a study.

    It is JSON, so that a text from a file or a log is a quoted string, with what is not printable taken out. Where it
    would be too long, the parts that matter least go first: the optimiser's candidates, the parameters that matter
    least, the older trials.

    Args:
        history: All that is known.
        trials_left: What the budget still allows; None for no limit.
    """

    def __init__(self, history: History, *, trials_left: int | None = None) -> None:
        self.history = history
        self.trials_left = trials_left
        self._shares = importance(history).shares or {}

    def __str__(self) -> str:
        """Return it as text."""
        room = MOST_TOKENS * BYTES_PER_TOKEN
        for detail in (1.0, 0.7, 0.5, 0.3, 0.15, 0.05):
            parts = self._parts(detail)
            for layout in (orjson.OPT_INDENT_2, 0) if detail == 1.0 else (0,):
                text = orjson.dumps(parts, option=layout)
                if len(text) <= room:
                    return text.decode()
        return text[:room].decode(errors="ignore")

    def _parts(self, detail: float) -> dict[str, Any]:
        def most(count: int) -> int:
            return max(1, math.ceil(count * detail))

        history = self.history
        complete = [trial for trial in history.trials if trial.state is State.COMPLETE]
        ranked = sorted(complete, key=lambda trial: place_of(history, trial))
        names = self._names(most(_PARAMETERS))
        shown = [*ranked[: most(_BEST)], *history.trials[-most(_LAST) :]]
        parts: dict[str, Any] = {
            "objective": str(history.objective),
            "trials": {str(state): count for state, count in history.counts.items() if count},
            "trials_left": self.trials_left,
            "trials_since_the_best": history.since_best,
            "parameters": {short(name, _LONGEST): self._parameter(name) for name in names},
        }
        if others := len(history.space.names) - len(names):
            parts["parameters_not_shown"] = others
        if history.best is not None:
            parts["best"] = trial_table(history.best, names)
        if history.trials and history.best is not history.trials[0]:
            parts["trial_0"] = trial_table(history.trials[0], names, history.best)
        seen = {0} | ({history.best.number} if history.best else set())
        parts["other_trials"] = [
            trial_table(trial, names, history.best) for trial in _once(shown) if trial.number not in seen
        ]
        if failures := self._failures(most(_FAILURES), names):
            parts["failures"] = failures
        if refused := self._refused(most(_REFUSED)):
            parts["advice_that_was_refused"] = refused
        if wanted := self._focus():
            parts["the_coordinator_wants"] = wanted
        if detail >= 0.5 and (candidates := self._candidates(most(_CANDIDATES), names)):
            parts["what_the_optimiser_would_try"] = candidates
        return parts

    def _names(self, most: int) -> list[str]:
        """Return the parameters that are shown: those that matter most, in their usual order."""
        space = self.history.space
        order = sorted(space.names, key=lambda name: -self._shares.get(name, 0.0))
        return [name for name in space.names if name in set(order[:most])]

    def _parameter(self, name: str) -> dict[str, Any]:
        told = range_table(self.history.space.parameters[name])
        if name in self._shares:
            told["importance"] = round(self._shares[name], 3)
        if (direction := self._direction(name)) is not None:
            told["correlation_with_loss"] = direction
        return told

    def _direction(self, name: str) -> float | None:
        """Return Spearman's correlation of a number with the loss; None where it says nothing."""
        parameter = self.history.space.parameters[name]
        known = np.isfinite(self.history.losses)
        if isinstance(parameter, Choice) and not parameter.ordered:
            return None
        column = self.history.points[known, self.history.space.names.index(name)]
        active = np.isfinite(column)
        losses = self.history.losses[known][active]
        if active.sum() < 10 or np.ptp(column[active]) == 0 or np.ptp(losses) == 0:
            return None
        return round(float(spearmanr(column[active], losses).statistic), 2)

    def _failures(self, most: int, names: Sequence[str]) -> dict[str, Any]:
        failed = [trial for trial in self.history.trials if trial.failure is not None]
        if not failed:
            return {}
        counts = Counter(trial.failure.kind for trial in failed if trial.failure)
        last = [
            {
                "number": trial.number,
                "why": short(trial.failure.reason, 2 * _LONGEST),
                "differs_from_the_best": _values(
                    _difference(trial.parameters, self.history.best.parameters if self.history.best else {}), names
                ),
            }
            for trial in failed[-most:]
            if trial.failure
        ]
        return {"by_kind": dict(counts), "last": last}

    def _refused(self, most: int) -> list[dict[str, Any]]:
        refused = [event.data for event in self.history.decisions if event.data.get("action") in ("refuse", "reject")]
        return [
            {"changes": data.get("changes"), "why": short(str(data.get("reason", "")), 2 * _LONGEST)}
            for data in refused[-most:]
        ]

    def _focus(self) -> dict[str, Any]:
        """Return what the coordinator said last of where to look."""
        said = focus(self.history)
        if not said:
            return {}
        names = {key: [short(name, _LONGEST) for name in said.get(key, ())] for key in ("prioritise", "freeze")}
        return {**names, "reason": short(said.get("reason", ""), 2 * _LONGEST)}

    def _candidates(self, most: int, names: Sequence[str]) -> list[dict[str, Any]]:
        best = self.history.best
        return [
            {
                "differs_from_the_best": _values(
                    _difference(candidate.parameters, best.parameters if best else {}), names
                ),
                "expected": [_rounded(candidate.low), _rounded(candidate.expected), _rounded(candidate.high)],
            }
            for candidate in GpProposer().top_candidates(self.history, count=most)
        ]


def trial_table(trial: Trial, names: Sequence[str], best: Trial | None = None) -> dict[str, Any]:
    """Return a trial as plain JSON values.

    Args:
        trial: The trial.
        names: The parameters that are shown.
        best: Another trial; of the parameters, what differs from it is told alone.
    """
    told: dict[str, Any] = {"number": trial.number}
    if best is None or best is trial:
        told["parameters"] = _values(trial.parameters, names)
    else:
        told["differs_from_the_best"] = _values(_difference(trial.parameters, best.parameters), names)
    if trial.metrics:
        told["metrics"] = {short(name, _LONGEST): _rounded(value) for name, value in trial.metrics.items()}
    if trial.state is not State.COMPLETE:
        told["state"] = str(trial.state)
    if trial.proposal.proposer == "language_model":
        told["your_advice"] = short(trial.proposal.reason, 2 * _LONGEST)
    return told


def place_of(history: History, trial: Trial) -> tuple[float, float]:
    """Return how good a trial is, smaller is better: by how much it breaks the constraints, then its loss."""
    return float(history.violations[trial.number]), float(history.losses[trial.number])


def _once(trials: Iterable[Trial]) -> list[Trial]:
    return list({trial.number: trial for trial in trials}.values())


def range_table(parameter: Parameter) -> dict[str, Any]:
    """Return what a parameter can be, as plain JSON values; of many options the first."""
    told: dict[str, Any]
    if isinstance(parameter, Float | Int):
        kind = "whole number" if isinstance(parameter, Int) else "number"
        told = {"type": kind, "low": parameter.low, "high": parameter.high}
        told |= {"scale": "logarithmic"} if parameter.log else {}
        told |= {"step": parameter.step} if parameter.step not in (None, 1) else {}
    else:
        told = {"options": [value_table(option) for option in parameter.options[:_OPTIONS]]}
        if len(parameter.options) > _OPTIONS:
            told["options_not_shown"] = len(parameter.options) - _OPTIONS
    if parameter.when:
        told["only_when"] = {short(name, _LONGEST): value_table(wanted) for name, wanted in parameter.when.items()}
    return told


def _difference(mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> dict[str, Value]:
    changed = {name: value for name, value in mine.items() if name not in theirs or theirs[name] != value}
    return changed | {name: None for name in theirs if name not in mine}


def _values(parameters: Mapping[str, Value], names: Sequence[str]) -> dict[str, Any]:
    return {short(name, _LONGEST): value_table(value) for name, value in parameters.items() if name in set(names)}


def value_table(value: Value) -> Any:
    """Return a value of a parameter as a plain JSON value, of bounded length."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return _rounded(value)
    return short(value if isinstance(value, str) else orjson.dumps(value, default=str).decode(), _LONGEST)


def _rounded(value: float) -> float | int | None:
    if isinstance(value, int):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None
