"""What a role may look up in a study before it answers: functions that read the history, and do nothing else."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import orjson

from ..core.trial import Trial
from ..errors import InputError, nearest
from ..history.history import History
from ..proposers.gp import GpProposer
from ..proposers.language_model import Advice, Refusal, configuration
from ..text.cleaning import clean_lines, short, without_secrets
from .effects import measured, observed
from .roles.planner import Change
from .study_summary import BYTES_PER_TOKEN, place_of, range_table, trial_table, value_table

MOST_TOKENS = 700
"""Of one answer."""

MOST_TOKENS_IN_ALL = 2800
"""Of all answers that are given for one question of a role."""

# So many entries of each list, and characters of each text, are told at the most: the first size that fits.
_SIZES = ((40, 160), (20, 160), (10, 160), (5, 160), (3, 80), (2, 40), (1, 20))
_LONGEST = 80  # Characters of a name, or of a line of a log.
_POINTS = 8  # At which the metric is predicted along a parameter.
_TOO_LONG = '{"note":"what would be told is too long; ask for less."}'
_NO_MORE = '{"note":"nothing more is told for this question; answer with what you know."}'

Tool = Callable[..., str]


class Analysis:
    """Answers questions about a history, for a language model to ask: each method without an underscore is a tool.

    What is told is JSON, so that a text from a log or a file is a quoted string, with what is not printable and what
    may be a secret taken out. It is never longer than `MOST_TOKENS`, and all of it together than `MOST_TOKENS_IN_ALL`,
    after which nothing more is told. What cannot be answered raises `InputError`, with what would mend it.

    Args:
        history: One that nobody changes meanwhile, as `History.snapshot` returns it.

    Attributes:
        told: All answers so far.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._lock = threading.Lock()  # A model may call several tools at once.
        self.told: list[str] = []

    @property
    def tools(self) -> list[Tool]:
        """All but `rank_parameters`, whose answer stands in the digest."""
        return [self.show_trial, self.find_trials, self.predict_metric, self.describe_parameter, self.list_failures]

    def show_trial(self, number: int) -> str:
        """Show one trial whole: parameters, metrics, reports, why it was proposed, its verdict, the end of its log.

        Args:
            number: The trial's number.
        """
        trial = self._trial(number)
        return self._tell(lambda most: self._whole(trial, most))

    def find_trials(
        self,
        order: Literal["best", "worst", "latest", "highest", "lowest"] = "best",
        metric: str | None = None,
        state: Literal["complete", "pruned", "failed", "running", "waiting"] | None = None,
        proposer: str | None = None,
        parameter: str | None = None,
        low: float | None = None,
        high: float | None = None,
        option: bool | int | float | str | None = None,
    ) -> str:
        """List the trials that fit, as many as there is room for, each with what differs from the best.

        Args:
            order: Which come first: by the objective the best or the worst, by number the latest, or by `metric`.
            metric: The metric for highest and lowest; the objective's first by default.
            state: Those in this state alone.
            proposer: Those of this proposer alone, as user, gp, tpe or language_model.
            parameter: Those alone in which this parameter is active, and within low and high, or equal to option.
            low: The least value of the parameter.
            high: The largest value of the parameter.
            option: The value of the parameter where it is one of several options.
        """
        names = [] if parameter is None else [self._known(parameter)]
        if not names and any(bound is not None for bound in (low, high, option)):
            raise InputError("low, high and option must be of a parameter, but none was given. Give its name, too.")
        found = [
            trial
            for trial in self._history.trials
            if (state is None or trial.state == state)
            and (proposer is None or trial.proposal.proposer == proposer)
            and all(name in trial.parameters and _fits(trial.parameters[name], low, high, option) for name in names)
        ]
        ordered = self._ordered(found, order, metric)
        return self._tell(
            lambda most: {
                "found": len(found),
                "listed": min(most, len(ordered)),
                "trials": [self._row(trial, most, names) for trial in ordered[:most]],
            }
        )

    def predict_metric(self, changes: list[Change], parent: int | None = None) -> str:
        """Predict the metric of a configuration of your own, as the numerical optimiser sees it.

        Args:
            changes: The parameters that differ from the parent, with their values.
            parent: The trial that it starts from; the best by default.
        """
        history = self._history
        wanted = {change.parameter: change.value for change in changes}
        try:
            parameters = configuration(history, Advice(changes=wanted, parent=parent), new=False)
        except Refusal as error:
            raise InputError(f"nothing can be predicted: {short(error)}") from None
        found = GpProposer().predict(history, [parameters])
        tried = [t.number for t in history.trials if history.space.key(t.parameters) == history.space.key(parameters)]
        best = history.best
        return self._tell(
            lambda most: {
                "objective": short(history.objective, _LONGEST),
                **(_prediction(found) or {"expected": None, "why": self._why_nothing_is_predicted()}),
                "best_so_far": None if best is None else value_table(float(measured(history)[best.number])),
                "measured_already_in_trials": tried[:most],
            }
        )

    def describe_parameter(self, parameter: str) -> str:
        """Tell what one parameter does: what trials came to by its value, and what is predicted along it.

        Args:
            parameter: Its name.
        """
        name = self._known(parameter)
        groups = observed(self._history, name)
        places = np.linspace(0.0, 1.0, _POINTS)
        kind = self._history.space.parameters[name]
        values = list({repr(value): value for value in map(kind.from_unit, places.tolist())}.values())
        configurations = [self._with(name, value) for value in values]
        active = [parameters for parameters in configurations if name in parameters]
        predicted = GpProposer().predict(self._history, active)
        return self._tell(
            lambda most: {
                "parameter": short(name, _LONGEST),
                "range": range_table(kind),
                "objective": short(self._history.objective, _LONGEST),
                "observed": groups[:most],
                "predicted_with_all_else_as_in_the_best": [
                    {"value": value_table(candidate.parameters[name]), **_prediction([candidate])}
                    for candidate in predicted[:most]
                ]
                or self._why_nothing_is_predicted(),
            }
        )

    def list_failures(self) -> str:
        """List why trials failed, equal reasons together, the most frequent first, with the end of the latest log."""
        groups: dict[tuple[str, str], list[Trial]] = {}
        for trial in self._history.trials:
            if trial.failure is not None:
                alike = re.sub(r"\d+", "#", trial.failure.reason[:500])
                groups.setdefault((trial.failure.kind, alike), []).append(trial)
        ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
        return self._tell(
            lambda most: {
                "trials": len(self._history.trials),
                "failed": sum(map(len, groups.values())),
                "reasons": [
                    {
                        "kind": kind,
                        "trials": len(trials),
                        "the_latest": [trial.number for trial in trials[-min(most, 5) :]],
                        "why": _text(trials[-1].failure.reason if trials[-1].failure else ""),
                        "end_of_the_log": _log(trials[-1], min(most, 3)),
                    }
                    for (kind, _), trials in ordered[:most]
                ],
            }
        )

    def rank_parameters(self) -> str:
        """Rank the parameters by how much they matter for the metric."""
        from ..reports.importance import importance  # Takes two seconds to import.

        found = importance(self._history)
        return self._tell(
            lambda most: {
                "importance": {
                    short(name, _LONGEST): value_table(share)
                    for name, share in list((found.shares or {}).items())[:most]
                },
                "share_of_the_ranks_that_is_explained": None if found.quality is None else value_table(found.quality),
                "configurations": found.configurations,
                **({"why_not": found.reason} if found.reason else {}),
            }
        )

    def _tell(self, build: Callable[[int], Mapping[str, Any]]) -> str:
        """Return what is told, with as long lists as there is room for."""
        with self._lock:
            left = MOST_TOKENS_IN_ALL * BYTES_PER_TOKEN - sum(len(text.encode()) for text in self.told)
            room = min(MOST_TOKENS * BYTES_PER_TOKEN, left)
            for most, longest in _SIZES:
                text = orjson.dumps(_cut(build(most), most, longest))
                if len(text) <= room:
                    self.told.append(text.decode())
                    return self.told[-1]
            return _NO_MORE if room == left else _TOO_LONG

    def _why_nothing_is_predicted(self) -> str:
        return "of several metrics none is" if self._history.objective.pareto else "too few trials are measured"

    def _trial(self, number: int) -> Trial:
        trials = self._history.trials
        if not 0 <= number < len(trials):
            raise InputError(f"there is no trial {str(number)[:20]}. Trials are numbered from 0 to {len(trials) - 1}.")
        return trials[number]

    def _known(self, name: str) -> str:
        known = {short(each, _LONGEST): each for each in self._history.space.names}  # As they are told.
        if name in self._history.space.parameters:
            return name
        if name not in known:
            raise InputError(f"there is no parameter {short(name, _LONGEST)!r}.{nearest(short(name, _LONGEST), known)}")
        return known[name]

    def _with(self, name: str, value: Any) -> dict[str, Any]:
        best = self._history.best or next(iter(self._history.trials), None)
        return self._history.space.complete({**(best.parameters if best else {}), name: value})

    def _ordered(self, trials: Sequence[Trial], order: str, metric: str | None) -> list[Trial]:
        history = self._history
        if order == "latest":
            return list(reversed(trials))
        if order in ("highest", "lowest"):
            wanted = history.objective.primary.name if metric is None else metric
            having = [trial for trial in trials if wanted in trial.metrics]
            return sorted(having, key=lambda trial: trial.metrics[wanted], reverse=order == "highest")
        known = [trial for trial in trials if np.isfinite(history.losses[trial.number])]
        return sorted(known, key=lambda trial: place_of(history, trial), reverse=order == "worst")

    def _row(self, trial: Trial, most: int, first: Sequence[str] = ()) -> dict[str, Any]:
        """Return a trial with at most so many metrics and parameters, those that differ from the best first."""
        best = self._history.best
        theirs = {} if best is None else best.parameters
        order = sorted(
            trial.parameters, key=lambda n: (n not in first, n in theirs and theirs[n] == trial.parameters[n])
        )
        told = trial_table(trial, order[:most], best)
        told |= {"parameters": {short(n, _LONGEST): value_table(trial.parameters[n]) for n in first}} if first else {}
        told["proposer"] = short(trial.proposal.proposer, _LONGEST)
        if trial.metrics:
            wanted = {m.name: None for m in self._history.objective.metrics} | dict.fromkeys(trial.metrics)
            shown = [name for name in wanted if name in trial.metrics][:most]
            told["metrics"] = {short(name, _LONGEST): value_table(trial.metrics[name]) for name in shown}
        return told

    def _whole(self, trial: Trial, most: int) -> dict[str, Any]:
        told = self._row(trial, most, list(trial.parameters)[:most])
        told.pop("differs_from_the_best", None)  # All of them are told.
        proposal, name = trial.proposal, self._history.objective.primary.name
        told |= {"state": str(trial.state), "seconds": None if trial.seconds is None else round(trial.seconds, 1)}
        told |= {
            "parent": proposal.parent,
            "repeat_of": proposal.repeat_of,
            "why_it_was_proposed": _text(proposal.reason),
        }
        if proposal.expectation is not None:
            told["expected"] = value_table(proposal.expectation)
        if reports := [report for report in trial.reports if name in report.metrics]:
            some = sorted({round(place) for place in np.linspace(0, len(reports) - 1, min(most, 10)).tolist()})
            told["reports"] = [[reports[n].step, value_table(reports[n].metrics[name])] for n in some]
        if trial.verdict is not None:
            told["verdict"] = {"decision": trial.verdict.decision, "why": _text(trial.verdict.reason)}
        if trial.failure is not None:
            told["failure"] = {"kind": trial.failure.kind, "why": _text(trial.failure.reason)}
            told["end_of_the_log"] = _log(trial, most)
        if trial.notes:
            told["notes"] = [_text(note) for note in trial.notes[-most:]]
        return told


def _cut(told: Any, most: int, longest: int) -> Any:
    """Return plain values with lists of so many entries, and texts of so many characters at the most."""
    if isinstance(told, Mapping):
        return {short(key, longest): _cut(value, most, longest) for key, value in told.items()}
    if isinstance(told, list):
        return [_cut(value, most, longest) for value in told[: max(most, 2)]]
    return short(told, longest) if isinstance(told, str) else told


def _fits(value: Any, low: float | None, high: float | None, option: Any) -> bool:
    if option is not None and str(value).casefold() != str(option).casefold():
        return False
    if low is None and high is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (low is None or value >= low) and (high is None or value <= high)


def _prediction(found: Sequence[Any]) -> dict[str, Any]:
    if not found:
        return {}
    spread = [value_table(found[0].low), value_table(found[0].high)]
    return {"expected": value_table(found[0].expected), "one_standard_deviation_around_it": spread}


def _text(text: str) -> str:
    return short(without_secrets(text), 2 * _LONGEST)


def _log(trial: Trial, most: int) -> list[str]:
    """Return the last lines of a trial's log that are not empty."""
    tail = "" if trial.failure is None else without_secrets("\n".join(clean_lines(trial.failure.log_tail[-20_000:])))
    return [short(line, 2 * _LONGEST) for line in tail.split("\n") if line.strip()][-most:]
