"""Warnings about a study, computed from its history, so that every view of the study shows the same."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.trial import State, Trial
from ..journal.events import FilesShared
from ..text.wording import count, number
from .history import History

LEAST_TRIALS = 3
"""The number of complete trials from which on their results show that something is wrong."""
_MOST_TRIALS = 20  # How many of the first, and of the last, are compared one by one.
_MOST_COMPARED = 50  # Reports of a trial.
_RESOURCES = re.compile(
    r"(?<![a-z])(times?|seconds?|secs?|minutes|hours|ms|duration|elapsed|runtime|speed|throughput|fps|memory|mem|gb|mb)"
    r"(?![a-z])"
)
"""Words in the names of metrics that measure the machine, and differ even where nothing else does."""


@dataclass(frozen=True)
class StudyWarning:
    """Something that makes a study worthless or endless.

    Args:
        kind: `shared_files` (trials write to the same files), `no_effect` (all configurations have the same result),
            `no_reports` (the pruner has nothing to decide on) or `no_limit` (nothing ends the study).
        text: What was seen, and what to do.
    """

    kind: str
    text: str


def study_warnings(history: History) -> list[StudyWarning]:
    """Return the warnings that apply now; the next trial may disprove one.

    Another thread may change the history meanwhile.
    """
    checks = _shared_files(history), _no_effect(history), _no_reports(history), _no_limit(history)
    return [warning for warning in checks if warning is not None]


def _shared_files(history: History) -> StudyWarning | None:
    """Return the last warning of a session that watched the trials' files."""
    shared = next((event for event in reversed(history.decisions) if isinstance(event, FilesShared)), None)
    return None if shared is None else StudyWarning("shared_files", shared.reason)


def _no_effect(history: History) -> StudyWarning | None:
    """Return a warning if several configurations have been tried and all have the same result, to the last digit."""
    trials = [trial for trial in _sample(history) if trial.state is State.COMPLETE and not _has_other_seed(trial)]
    names = {metric.name for metric in history.objective.metrics}
    if len(trials) < LEAST_TRIALS or not all(_same_result(trials[0], trial, names) for trial in trials[1:]):
        return None
    if len({history.repeats(trial)[0].number for trial in trials}) < LEAST_TRIALS:
        return None
    values = history.values
    complete = np.isinf(history.reach[: len(values)])  # Read after the values: another trial may have come meanwhile.
    others = np.flatnonzero(complete & (values != values[trials[0].number]).any(axis=1))
    if not all(_has_other_seed(history.trials[number]) for number in others.tolist()):
        return None
    equal = count(history.counts[State.COMPLETE] - len(others), "complete trial")
    metrics = ", ".join(f"{m.name} {number(trials[0].metrics.get(m.name))}" for m in history.objective.metrics)
    return StudyWarning(
        "no_effect",
        f"all {equal} have exactly the same result ({metrics}), whatever their parameters. These probably do not reach "
        "the training: check that the script uses the values in parameters.json, in the folders of the trials. A "
        "metric that is too coarse to tell configurations apart looks the same.",
    )


def _has_other_seed(trial: Trial) -> bool:
    return trial.proposal.repeat_of is not None


def _sample(history: History) -> list[Trial]:
    """Return the first and the last trials: a warning costs the same, however many trials there are."""
    trials = history.trials
    return trials[:] if len(trials) <= 2 * _MOST_TRIALS else trials[:_MOST_TRIALS] + trials[-_MOST_TRIALS:]


def _same_result(one: Trial, other: Trial, objective: set[str]) -> bool:
    """Tell whether two trials have equal metrics and learning curves, apart from time and memory."""
    if dict(_telling(one.metrics, objective)) != dict(_telling(other.metrics, objective)):
        return False
    names = {name for trial in (one, other) for name, _ in _telling(dict.fromkeys(trial.reports.names), objective)}
    return all(one.reports.curve(name, _MOST_COMPARED) == other.reports.curve(name, _MOST_COMPARED) for name in names)


def _telling(metrics: Mapping[str, Any], objective: set[str]) -> Iterator[tuple[str, Any]]:
    """Yield the metrics that say something about a configuration."""
    for name, value in metrics.items():
        if name in objective or not _RESOURCES.search(name.lower()):
            yield name, value


def _no_reports(history: History) -> StudyWarning | None:
    """Return a warning if the study has a pruner, but no trial reports what it compares more than once."""
    pruner = _specification(history).get("pruner")
    if pruner in (None, "none"):
        return None
    name = history.objective.primary.name
    complete: list[Trial] = []
    for trial in _sample(history):
        usable = trial.state is State.PRUNED or len(trial.reports.curve(name, _MOST_COMPARED)) > 1
        if usable:
            return None
        if trial.state is State.COMPLETE:
            complete.append(trial)
    if len(complete) < LEAST_TRIALS:
        return None
    reported = sorted({name for trial in complete for name in trial.reports.names})
    if not reported:
        seen = "has reported anything while it ran"
    elif name not in reported:
        seen = f"has reported {name} while it ran, only {', '.join(reported)}"
    else:
        seen = f"has reported {name} more than once"
    example = json.dumps({"step": 3, **{metric.name: 0.31 for metric in history.objective.metrics}})
    return StudyWarning(
        "no_reports",
        f"the pruner stops nothing: none of the {count(len(complete), 'complete trial')} {seen}. Report after each "
        f"epoch: with trial.report(step, {name}=value) in a Python function, or with a line such as {example} appended "
        "to reports.jsonl in the trial's folder ($TUNESMITH_TRIAL_DIR).",
    )


def _no_limit(history: History) -> StudyWarning | None:
    """Return a warning if a process runs the study without a limit, in a space that has no end either."""
    budget = _specification(history).get("budget")
    if budget is None or budget.keys() & {"trials", "minutes", "target", "patience"}:
        return None
    if not history.session_open or history.space.size < math.inf:
        return None
    return StudyWarning(
        "no_limit",
        "the budget sets no limit, so the study runs until it is stopped. Set trials, minutes, target or patience; "
        "stopping it loses no result.",
    )


def _specification(history: History) -> Mapping[str, Any]:
    """Return the specification of the last session, as `StudySpec.to_table` wrote it."""
    opened = history.sessions[-1] if history.sessions else history.created
    return {} if opened is None else opened.study
