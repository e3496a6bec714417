"""The summary of a study for a language model, within 3,000 tokens."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from scipy.stats import spearmanr

from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import State, Trial, Value
from ..history.history import History
from ..journal.events import AdviceRefused, ApprovalAnswered, StopRefused
from ..proposers.gp import GpProposer
from ..reports.importance import importance
from ..text.cleaning import short
from .tool_results import BYTES_PER_TOKEN

MAX_TOKENS = 3000
_PARAMETERS, _BEST, _LATEST, _CANDIDATES, _FAILURES, _REFUSED = 40, 5, 5, 3, 3, 3
_MAX_TEXT = 80  # Characters of a name, a text value or a message.
_OPTIONS = 12


class StudySummary:
    """A summary of a study for a language model; `str` returns its text.

    It is JSON, so that text from files and logs is quoted, without unprintable characters. If it would be too long, the
    least important parts are left out first: the optimiser's candidates, less important parameters, older trials.

    Args:
        history: The study's history.
        trials_left: Trials left in the budget; None for no limit.
    """

    def __init__(self, history: History, *, trials_left: int | None = None) -> None:
        self.history = history
        self.trials_left = trials_left
        self._importance = importance(history).shares or {}

    def __str__(self) -> str:
        """Return the summary as text."""
        size = MAX_TOKENS * BYTES_PER_TOKEN
        for detail in (1.0, 0.7, 0.5, 0.3, 0.15, 0.05):
            parts = self._parts(detail)
            for layout in (orjson.OPT_INDENT_2, 0) if detail == 1.0 else (0,):
                text = orjson.dumps(parts, option=layout)
                if len(text) <= size:
                    return text.decode()
        return text[:size].decode(errors="ignore")

    def _parts(self, detail: float) -> dict[str, Any]:
        def limit(count: int) -> int:
            return max(1, math.ceil(count * detail))

        history, best = self.history, self.history.best
        complete = [trial for trial in history.trials if trial.state is State.COMPLETE]
        ranked = sorted(complete, key=lambda trial: rank_key(history, trial))
        names = self._names(limit(_PARAMETERS))
        parts: dict[str, Any] = {
            "objective": str(history.objective),
            "trials": {str(state): count for state, count in history.counts.items() if count},
            "trials_left": self.trials_left,
            "trials_since_the_best": history.since_best,
            "parameters": {short(name, _MAX_TEXT): self._parameter(name) for name in names},
        }
        if hidden := len(history.space.names) - len(names):
            parts["parameters_not_shown"] = hidden
        if best is not None:
            parts["best"] = trial_to_json(best, names)
        if history.trials and best is not history.trials[0]:
            parts["trial_0"] = trial_to_json(history.trials[0], names, best)
        shown = {trial.number: trial for trial in [*ranked[: limit(_BEST)], *history.trials[-limit(_LATEST) :]]}
        others = [shown[number] for number in shown if number not in (0, best and best.number)]
        parts["other_trials"] = [trial_to_json(trial, names, best) for trial in others]
        if failures := self._failures(limit(_FAILURES), names):
            parts["failures"] = failures
        if refused := self._refused(limit(_REFUSED)):
            parts["advice_that_was_refused"] = refused
        if wanted := self._focus():
            parts["the_coordinator_wants"] = wanted
        if detail >= 0.5 and (candidates := self._candidates(limit(_CANDIDATES), names)):
            parts["what_the_optimiser_would_try"] = candidates
        return parts

    def _names(self, count: int) -> list[str]:
        """Return the most important parameters, in the order of the space."""
        names = self.history.space.names
        important = set(sorted(names, key=lambda name: -self._importance.get(name, 0.0))[:count])
        return [name for name in names if name in important]

    def _parameter(self, name: str) -> dict[str, Any]:
        table = range_to_json(self.history.space.parameters[name])
        if name in self._importance:
            table["importance"] = round(self._importance[name], 3)
        if (correlation := self._correlation(name)) is not None:
            table["correlation_with_loss"] = correlation
        return table

    def _correlation(self, name: str) -> float | None:
        """Return Spearman's correlation of an ordered parameter with the loss; None for too few or equal values."""
        parameter = self.history.space.parameters[name]
        if isinstance(parameter, Choice) and not parameter.ordered:
            return None
        known = np.isfinite(self.history.losses)
        column = self.history.points[known, self.history.space.names.index(name)]
        active = np.isfinite(column)
        losses = self.history.losses[known][active]
        if active.sum() < 10 or np.ptp(column[active]) == 0 or np.ptp(losses) == 0:
            return None
        return round(float(spearmanr(column[active], losses).statistic), 2)

    def _failures(self, count: int, names: Sequence[str]) -> dict[str, Any]:
        failed = [(trial, trial.failure) for trial in self.history.trials if trial.failure is not None]
        if not failed:
            return {}
        latest = [
            {
                "number": trial.number,
                "why": short(failure.reason, 2 * _MAX_TEXT),
                "differs_from_the_best": _difference(trial.parameters, self.history.best, names),
            }
            for trial, failure in failed[-count:]
        ]
        return {"by_kind": dict(Counter(failure.kind for _, failure in failed)), "last": latest}

    def _refused(self, count: int) -> list[dict[str, Any]]:
        """Return the latest refused advice, rejected steps, and stops that were not followed."""
        refused: list[tuple[Mapping[str, Value] | None, str]] = []
        for decision in self.history.decisions:
            match decision:
                case AdviceRefused(changes=changes) | ApprovalAnswered(changes=changes, answer="reject"):
                    refused.append((changes, decision.reason))
                case StopRefused():
                    refused.append((None, decision.reason))
        return [{"changes": changes, "why": short(reason, 2 * _MAX_TEXT)} for changes, reason in refused[-count:]]

    def _focus(self) -> dict[str, Any]:
        """Return the coordinator's latest instructions for the adviser."""
        focus = self.history.focus
        if focus is None:
            return {}
        names = {"prioritise": focus.prioritise, "freeze": focus.freeze}
        shortened = {key: [short(name, _MAX_TEXT) for name in group] for key, group in names.items()}
        return {**shortened, "reason": short(focus.reason, 2 * _MAX_TEXT)}

    def _candidates(self, count: int, names: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {
                "differs_from_the_best": _difference(candidate.parameters, self.history.best, names),
                "expected": [_rounded(candidate.low), _rounded(candidate.expected), _rounded(candidate.high)],
            }
            for candidate in GpProposer().top_candidates(self.history, count=count)
        ]


def trial_to_json(trial: Trial, names: Sequence[str], best: Trial | None = None) -> dict[str, Any]:
    """Return a trial as JSON values.

    Args:
        trial: The trial.
        names: The parameters to include.
        best: Another trial; only parameters that differ from it are included.
    """
    table: dict[str, Any] = {"number": trial.number}
    if best is None or best is trial:
        table["parameters"] = _values(trial.parameters, names)
    else:
        table["differs_from_the_best"] = _difference(trial.parameters, best, names)
    if trial.metrics:
        table["metrics"] = {short(name, _MAX_TEXT): _rounded(value) for name, value in trial.metrics.items()}
    if trial.state is not State.COMPLETE:
        table["state"] = str(trial.state)
    if trial.proposal.proposer == "language_model":
        table["your_advice"] = short(trial.proposal.reason, 2 * _MAX_TEXT)
    return table


def rank_key(history: History, trial: Trial) -> tuple[float, float]:
    """Return the key that orders trials from the best on: constraint violation, then loss."""
    return float(history.violations[trial.number]), float(history.losses[trial.number])


def range_to_json(parameter: Parameter) -> dict[str, Any]:
    """Return a parameter's range as JSON values, with at most 12 options of a choice."""
    table: dict[str, Any]
    if isinstance(parameter, Float | Int):
        kind = "whole number" if isinstance(parameter, Int) else "number"
        table = {"type": kind, "low": parameter.low, "high": parameter.high}
        table |= {"scale": "logarithmic"} if parameter.log else {}
        table |= {"step": parameter.step} if parameter.step not in (None, 1) else {}
    else:
        table = {"options": [value_to_json(option) for option in parameter.options[:_OPTIONS]]}
        if len(parameter.options) > _OPTIONS:
            table["options_not_shown"] = len(parameter.options) - _OPTIONS
    if parameter.when:
        table["only_when"] = {short(name, _MAX_TEXT): value_to_json(value) for name, value in parameter.when.items()}
    return table


def value_to_json(value: Value) -> Any:
    """Return a parameter's value as a JSON value of bounded length."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return _rounded(value)
    return short(value if isinstance(value, str) else orjson.dumps(value, default=str).decode(), _MAX_TEXT)


def _difference(parameters: Mapping[str, Value], best: Trial | None, names: Sequence[str]) -> dict[str, Any]:
    """Return the values that differ from those of the best trial; None for a parameter that is not active."""
    reference = {} if best is None else best.parameters
    changed = {name: value for name, value in parameters.items() if name not in reference or reference[name] != value}
    return _values(changed | {name: None for name in reference if name not in parameters}, names)


def _values(parameters: Mapping[str, Value], names: Sequence[str]) -> dict[str, Any]:
    return {short(name, _MAX_TEXT): value_to_json(value) for name, value in parameters.items() if name in set(names)}


def _rounded(value: float) -> float | int | None:
    if isinstance(value, int):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None
