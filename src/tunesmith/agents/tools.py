"""Tools of a role: functions that read the history, and do nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ..core.trial import Trial
from ..errors import InputError, nearest
from ..history.history import History
from ..proposers.gp import GpProposer
from ..proposers.language_model import Advice, AdviceRejected, configuration
from ..text.cleaning import clean_lines, short, without_secrets
from .effects import groups_by_value, primary_values
from .roles.planner import Change
from .study_summary import range_to_json, rank_key, trial_to_json, value_to_json
from .tool_results import Tool, ToolResults

_MAX_TEXT = 80  # Characters of a name, or of a line of a log.
_POINTS = 8  # Points along a parameter at which the metric is predicted.


class Analysis:
    """The tools for one question: each method without an underscore is one.

    Results are JSON, so that text from logs and files is quoted, without unprintable characters and possible secrets.
    Each is limited to `MAX_TOKENS`, and all together to `MAX_TOTAL_TOKENS`. An invalid question raises an `InputError`
    that says how to correct it.

    Args:
        history: A history that does not change, as `History.snapshot` returns.
        results: Where results are collected, if further tools answer the same question.
    """

    def __init__(self, history: History, results: ToolResults | None = None) -> None:
        self._history = history
        self._results = results or ToolResults()

    @property
    def results(self) -> list[str]:
        """All results so far."""
        return self._results.texts

    @property
    def tools(self) -> list[Tool]:
        """All tools but `rank_parameters`, whose result is part of the summary."""
        return [self.show_trial, self.find_trials, self.predict_metric, self.describe_parameter, self.list_failures]

    def show_trial(self, number: int) -> str:
        """Show one trial whole: parameters, metrics, reports, why it was proposed, its verdict, the end of its log.

        Args:
            number: The trial's number.
        """
        trials = self._history.trials
        if not 0 <= number < len(trials):
            raise InputError(f"there is no trial {str(number)[:20]}. Trials are numbered from 0 to {len(trials) - 1}.")
        return self._result(lambda limit: self._details(trials[number], limit))

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
        """List the trials that match, as many as fit, each with its differences from the best.

        Args:
            order: Which come first: by the objective the best or the worst, by number the latest, or by `metric`.
            metric: The metric for highest and lowest; the objective's first by default.
            state: Only trials in this state.
            proposer: Only trials of this proposer, such as user, gp, tpe or language_model.
            parameter: Only trials in which this parameter is active, and within low and high, or equal to option.
            low: The least value of the parameter.
            high: The largest value of the parameter.
            option: The value of the parameter where it is one of several options.
        """
        names = [] if parameter is None else [self._parameter_name(parameter)]
        if not names and any(bound is not None for bound in (low, high, option)):
            raise InputError("low, high and option need a parameter. Give its name, too.")
        matches = [
            trial
            for trial in self._history.trials
            if (state is None or trial.state == state)
            and (proposer is None or trial.proposal.proposer == proposer)
            and all(name in trial.parameters and _matches(trial.parameters[name], low, high, option) for name in names)
        ]
        ordered = self._ordered(matches, order, metric)
        return self._result(
            lambda limit: {
                "found": len(matches),
                "listed": min(limit, len(ordered)),
                "trials": [self._row(trial, limit, names) for trial in ordered[:limit]],
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
        except AdviceRejected as error:
            raise InputError(f"nothing can be predicted: {short(error)}") from None
        predictions = GpProposer().predict(history, [parameters])
        key, best = history.space.key(parameters), history.best
        tried = [trial.number for trial in history.trials if history.space.key(trial.parameters) == key]
        return self._result(
            lambda limit: {
                "objective": short(history.objective, _MAX_TEXT),
                **(_prediction(predictions) or {"expected": None, "why": self._why_no_prediction()}),
                "best_so_far": None if best is None else value_to_json(float(primary_values(history)[best.number])),
                "measured_already_in_trials": tried[:limit],
            }
        )

    def describe_parameter(self, parameter: str) -> str:
        """Describe the effect of one parameter: outcomes of trials by its value, and predictions along it.

        Args:
            parameter: Its name.
        """
        history = self._history
        name = self._parameter_name(parameter)
        groups = groups_by_value(history, name)
        kind = history.space.parameters[name]
        values = list({repr(v): v for v in map(kind.from_unit, np.linspace(0.0, 1.0, _POINTS).tolist())}.values())
        start = history.best or next(iter(history.trials), None)
        along = [history.space.complete({**(start.parameters if start else {}), name: value}) for value in values]
        predicted = GpProposer().predict(history, [parameters for parameters in along if name in parameters])
        return self._result(
            lambda limit: {
                "parameter": short(name, _MAX_TEXT),
                "range": range_to_json(kind),
                "objective": short(history.objective, _MAX_TEXT),
                "observed": groups[:limit],
                "predicted_with_all_else_as_in_the_best": [
                    {"value": value_to_json(candidate.parameters[name]), **_prediction([candidate])}
                    for candidate in predicted[:limit]
                ]
                or self._why_no_prediction(),
            }
        )

    def list_failures(self) -> str:
        """List why trials failed, equal reasons together, the most frequent first, with the end of the latest log."""
        groups: dict[tuple[str, str], list[Trial]] = {}
        for trial in self._history.trials:
            if trial.failure is not None:
                reason = re.sub(r"\d+", "#", trial.failure.reason[:500])
                groups.setdefault((trial.failure.kind, reason), []).append(trial)
        ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
        return self._result(
            lambda limit: {
                "trials": len(self._history.trials),
                "failed": sum(map(len, groups.values())),
                "reasons": [
                    {
                        "kind": kind,
                        "trials": len(trials),
                        "the_latest": [trial.number for trial in trials[-min(limit, 5) :]],
                        "why": _text(trials[-1].failure.reason if trials[-1].failure else ""),
                        "end_of_the_log": _log(trials[-1], min(limit, 3)),
                    }
                    for (kind, _), trials in ordered[:limit]
                ],
            }
        )

    def rank_parameters(self) -> str:
        """Rank the parameters by how much they matter for the metric."""
        from ..reports.importance import importance  # Takes two seconds to import.

        ranking = importance(self._history)
        return self._result(
            lambda limit: {
                "importance": {
                    short(name, _MAX_TEXT): value_to_json(share)
                    for name, share in list((ranking.shares or {}).items())[:limit]
                },
                "share_of_the_ranks_that_is_explained": None
                if ranking.quality is None
                else value_to_json(ranking.quality),
                "configurations": ranking.configurations,
                **({"why_not": ranking.reason} if ranking.reason else {}),
            }
        )

    def _result(self, build: Callable[[int], Mapping[str, Any]]) -> str:
        return self._results.add(build)

    def _why_no_prediction(self) -> str:
        return "of several metrics none is" if self._history.objective.pareto else "too few trials are measured"

    def _parameter_name(self, name: str) -> str:
        """Return the name of a parameter, which the model may have seen shortened."""
        shortened = {short(full, _MAX_TEXT): full for full in self._history.space.names}
        if name in self._history.space.parameters:
            return name
        if name not in shortened:
            shown = short(name, _MAX_TEXT)
            raise InputError(f"there is no parameter {shown!r}.{nearest(shown, shortened)}")
        return shortened[name]

    def _ordered(self, trials: Sequence[Trial], order: str, metric: str | None) -> list[Trial]:
        history = self._history
        if order == "latest":
            return list(reversed(trials))
        if order in ("highest", "lowest"):
            name = history.objective.primary.name if metric is None else metric
            measured = [trial for trial in trials if name in trial.metrics]
            return sorted(measured, key=lambda trial: trial.metrics[name], reverse=order == "highest")
        known = [trial for trial in trials if np.isfinite(history.losses[trial.number])]
        return sorted(known, key=lambda trial: rank_key(history, trial), reverse=order == "worst")

    def _row(self, trial: Trial, limit: int, first: Sequence[str] = ()) -> dict[str, Any]:
        """Return a trial with at most `limit` metrics and parameters, those that differ from the best first."""
        best = self._history.best
        reference = {} if best is None else best.parameters
        values = trial.parameters
        order = sorted(
            values, key=lambda name: (name not in first, name in reference and reference[name] == values[name])
        )
        row = trial_to_json(trial, order[:limit], best)
        row |= {"parameters": {short(name, _MAX_TEXT): value_to_json(values[name]) for name in first}} if first else {}
        row["proposer"] = short(trial.proposal.proposer, _MAX_TEXT)
        if trial.metrics:
            metrics = {metric.name: None for metric in self._history.objective.metrics} | dict.fromkeys(trial.metrics)
            shown = [name for name in metrics if name in trial.metrics][:limit]
            row["metrics"] = {short(name, _MAX_TEXT): value_to_json(trial.metrics[name]) for name in shown}
        return row

    def _details(self, trial: Trial, limit: int) -> dict[str, Any]:
        table = self._row(trial, limit, list(trial.parameters)[:limit])
        table.pop("differs_from_the_best", None)  # All parameters are shown.
        proposal, name = trial.proposal, self._history.objective.primary.name
        table |= {
            "state": str(trial.state),
            "seconds": None if trial.seconds is None else round(trial.seconds, 1),
            "parent": proposal.parent,
            "repeat_of": proposal.repeat_of,
            "why_it_was_proposed": _text(proposal.reason),
        }
        if proposal.expectation is not None:
            table["expected"] = value_to_json(proposal.expectation)
        if curve := trial.reports.curve(name):
            indices = sorted({round(n) for n in np.linspace(0, len(curve) - 1, min(limit, 10)).tolist()})
            table["reports"] = [[step, value_to_json(value)] for step, value in (curve[n] for n in indices)]
        if trial.verdict is not None:
            table["verdict"] = {"decision": trial.verdict.decision, "why": _text(trial.verdict.reason)}
        if trial.failure is not None:
            table["failure"] = {"kind": trial.failure.kind, "why": _text(trial.failure.reason)}
            table["end_of_the_log"] = _log(trial, limit)
        if trial.notes:
            table["notes"] = [_text(note) for note in trial.notes[-limit:]]
        return table


def _matches(value: Any, low: float | None, high: float | None, option: Any) -> bool:
    if option is not None and str(value).casefold() != str(option).casefold():
        return False
    if low is None and high is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (low is None or value >= low) and (high is None or value <= high)


def _prediction(candidates: Sequence[Any]) -> dict[str, Any]:
    if not candidates:
        return {}
    spread = [value_to_json(candidates[0].low), value_to_json(candidates[0].high)]
    return {"expected": value_to_json(candidates[0].expected), "one_standard_deviation_around_it": spread}


def _text(text: str) -> str:
    return short(without_secrets(text), 2 * _MAX_TEXT)


def _log(trial: Trial, count: int) -> list[str]:
    """Return the last non-empty lines of a failed trial's log."""
    tail = "" if trial.failure is None else without_secrets("\n".join(clean_lines(trial.failure.log_tail[-20_000:])))
    return [short(line, 2 * _MAX_TEXT) for line in tail.split("\n") if line.strip()][-count:]
