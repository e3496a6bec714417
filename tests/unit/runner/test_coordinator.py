"""Rules that stop a study."""

from __future__ import annotations

import pytest

from tunesmith.core.budget import Budget
from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, Proposal, State
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialStarted, from_record
from tunesmith.runner.coordinator import RulesCoordinator


def history_of(*values: float | None, objective: str = "minimize y") -> History:
    """Return a history of trials with these values; None is a failure."""
    history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse(objective))
    for number, value in enumerate(values):
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / 1000})))
        history.apply(TrialStarted(trial=number, attempt=1))
        outcome = {"state": "failed", "failure": {"kind": "exit", "reason": "exit status 1"}}
        if value is not None:
            outcome = {"state": "complete", "metrics": {"y": value}}  # type: ignore[dict-item]
        history.apply(from_record({"event": "trial_finished", "trial": number, **outcome}))
    return history


def decide(history: History, seconds: float = 0.0, **limits: float) -> tuple[bool, str]:
    step = RulesCoordinator(budget=Budget(**limits)).decide(history, seconds=seconds)  # type: ignore[arg-type]
    return step.stop, step.reason


def test_without_limits_a_study_continues() -> None:
    assert decide(history_of(1.0, 2.0, None)) == (False, "")


@pytest.mark.parametrize(("objective", "target", "stops"), [("minimize y", 1.0, True), ("minimize y", 0.9, False)])
def test_target(objective: str, target: float, stops: bool) -> None:
    assert decide(history_of(2.0, 1.0, objective=objective), target=target)[0] is stops


def test_target_when_larger_is_better() -> None:
    assert decide(history_of(0.8, 0.9, objective="maximize y"), target=0.9)[0]
    assert not decide(history_of(0.8, 0.9, objective="maximize y"), target=0.91)[0]


def test_the_limit_on_trials_counts_proposals_and_waits_for_running_trials() -> None:
    coordinator = RulesCoordinator(budget=Budget(trials=3))
    history = history_of(1.0, 2.0)
    assert coordinator.decide(history, seconds=0).room == 1
    history.apply(TrialProposed(trial=2, proposal=Proposal(parameters={"x": 0.5})))
    step = coordinator.decide(history, seconds=0)
    assert (step.stop, step.room) == (False, 0)
    history.apply(TrialStarted(trial=2, attempt=1))
    history.apply(TrialFinished(trial=2, state=State.COMPLETE, metrics={"y": 3.0}))
    assert coordinator.decide(history, seconds=0).stop


def test_patience_counts_from_the_last_best() -> None:
    assert not decide(history_of(3.0, 1.0, 2.0, 2.0), patience=3)[0]
    assert decide(history_of(3.0, 1.0, 2.0, 2.0, 2.0), patience=3)[0]


def test_minutes() -> None:
    assert decide(history_of(1.0), seconds=59, minutes=1) == (False, "")
    assert decide(history_of(1.0), seconds=60, minutes=1) == (True, "the minute is up")


def test_five_failures_without_a_success_end_a_study() -> None:
    assert not decide(history_of(*[None] * 4))[0]
    step = RulesCoordinator(budget=Budget()).decide(history_of(*[None] * 5), seconds=0)
    assert step.stop
    assert step.failed


FAILURES = [
    (Failure(kind="setup", reason="the command could not be started"), True),
    (Failure(kind="metric", reason="no metric was found", systematic=True), True),
    (Failure(kind="exit", reason="exit status 2", systematic=True), True),
    (Failure(kind="metric", reason="got nan"), False),
    (Failure(kind="exception", reason="ValueError"), False),
    (Failure(kind="memory", reason="exit status 1"), False),
    (Failure(kind="timeout", reason="…"), False),
]


@pytest.mark.parametrize(("failure", "ends"), FAILURES)
def test_a_failure_of_trial_0_that_others_would_share_ends_a_study(failure: Failure, ends: bool) -> None:
    history = history_of()
    history.apply(TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.1})))
    history.apply(TrialStarted(trial=0))
    history.apply(TrialFinished(trial=0, state=State.FAILED, failure=failure))
    step = RulesCoordinator(budget=Budget(trials=5)).decide(history, seconds=0)
    assert (step.stop, step.failed) == (ends, ends)


def test_a_failure_of_trial_0_ends_no_study_in_which_another_trial_has_succeeded() -> None:
    history = history_of()
    for number in (0, 1):
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / 1000})))
        history.apply(TrialStarted(trial=number))
    history.apply(TrialFinished(trial=1, state=State.COMPLETE, metrics={"y": 1.0}))
    history.apply(TrialFinished(trial=0, state=State.FAILED, failure=FAILURES[2][0]))
    assert not decide(history)[0]


@pytest.mark.parametrize("limits", [{"minutes": 1}, {"trials": 2}])
@pytest.mark.parametrize(("values", "failed"), [((None, None), True), ((None, 1.0), False)])
def test_a_study_that_ends_without_a_result_has_failed(
    limits: dict[str, float], values: tuple[float | None, ...], failed: bool
) -> None:
    step = RulesCoordinator(budget=Budget(**limits)).decide(history_of(*values), seconds=60)  # type: ignore[arg-type]
    assert (step.stop, step.failed) == (True, failed)


def test_ten_consecutive_failures_end_a_study() -> None:
    assert not decide(history_of(1.0, *[None] * 9, 2.0, *[None] * 9))[0]
    step = RulesCoordinator(budget=Budget()).decide(history_of(1.0, *[None] * 10), seconds=0)
    assert (step.stop, step.failed) == (True, True)
    assert step.reason == "the last 10 trials failed"


def test_trials_that_met_a_limit_do_not_count_as_failures_of_the_environment() -> None:
    history = history_of(1.0, *[None] * 9)
    for number in range(10, 30):
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / 1000})))
        history.apply(TrialStarted(trial=number, attempt=1))
        history.apply(TrialFinished(trial=number, state=State.FAILED, failure=Failure(kind="memory", reason="…")))
    assert not decide(history)[0]


def test_target_and_patience_with_a_pareto_objective() -> None:
    history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize error, maximize speed"))
    points = ((1.0, 5.0), (2.0, 9.0), (3.0, 20.0), (3.0, 1.0), (4.0, 2.0))
    for number, (error, speed) in enumerate(points):
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / 1000})))
        history.apply(TrialStarted(trial=number, attempt=1))
        outcome = {"state": "complete", "metrics": {"error": error, "speed": speed}}
        history.apply(from_record({"event": "trial_finished", "trial": number, **outcome}))
    assert decide(history, target=1.0) == (True, "the target is met: error = 1 in trial 0")
    assert not decide(history, target=0.9)[0]
    assert decide(history, patience=2) == (True, "no new trial on the front in 2 trials")
    assert not decide(history, patience=3)[0]
