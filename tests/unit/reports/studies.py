"""Small histories for the tests of reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, Verdict
from tunesmith.history.history import History
from tunesmith.journal.events import TrialJudged, TrialProposed, TrialReported, TrialStarted, from_record

SPACE = SearchSpace({"lr": Float(1e-4, 1.0, log=True), "act": Choice(["relu", "gelu"])})


def empty(objective: Any = "minimize loss", space: SearchSpace = SPACE) -> History:
    return History(space, Objective.parse(objective))


def add(
    history: History,
    value: float | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    state: str = "complete",
    metrics: Mapping[str, float] | None = None,
    reports: Mapping[int, float] | None = None,
    failure: Mapping[str, Any] | None = None,
    verdict: Mapping[str, Any] | None = None,
    seconds: float | None = None,
    **proposal: Any,
) -> int:
    """Play one trial into the history and return its number."""
    number = len(history.trials)
    name = history.objective.primary.name
    parameters = {"lr": 0.01, "act": "relu"} if parameters is None else parameters
    history.apply(TrialProposed(trial=number, proposal=Proposal(parameters=parameters, **proposal)))
    if state == "waiting":
        return number
    history.apply(TrialStarted(trial=number, attempt=1))
    for step, reported in (reports or {}).items():
        history.apply(TrialReported(trial=number, step=step, metrics={name: reported}))
    if state == "running":
        return number
    fields: dict[str, Any] = {"state": state, "seconds": seconds}
    if failure is not None:
        fields["failure"] = failure
    if metrics is not None or value is not None:
        fields["metrics"] = metrics if metrics is not None else {name: value}
    history.apply(from_record({"event": "trial_finished", "trial": number, **fields}))
    if verdict is not None:
        history.apply(TrialJudged(trial=number, verdict=Verdict(**verdict)))
    return number
