"""The order of events: one that cannot follow is refused, and changes nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tunesmith.core.approval_request import ApprovalRequest
from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, Proposal, State
from tunesmith.errors import TunesmithError
from tunesmith.history.history import History
from tunesmith.journal.events import (
    ApprovalAnswered,
    ApprovalRequested,
    Event,
    StudyCreated,
    TrialFinished,
    TrialInterrupted,
    TrialNoted,
    TrialProposed,
    TrialReported,
    TrialStarted,
)

FAILURE = Failure(kind="exit", reason="no.")


def proposed(trial: int, **origin: Any) -> TrialProposed:
    return TrialProposed(trial=trial, proposal=Proposal(parameters={"x": 0.5}, **origin))


def request(number: int) -> ApprovalRequested:
    asked = ApprovalRequest(number=number, step="s", parameters={}, changes={}, deadline=9.0, default="reject")
    return ApprovalRequested(reason="may it?", request=asked)


def finished(trial: int, state: State = State.COMPLETE, **more: Any) -> TrialFinished:
    return TrialFinished(trial=trial, state=state, **({"metrics": {"y": 1.0}} | more))


@pytest.fixture
def history() -> History:
    """Trial 0 is complete, 1 runs, 2 waits, 3 has failed."""
    built = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    for number in range(4):
        built.apply(proposed(number))
        if number != 2:
            built.apply(TrialStarted(trial=number))
    built.apply(finished(0))
    built.apply(finished(3, State.FAILED, failure=FAILURE, metrics={}))
    return built


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([StudyCreated(format=2, version="", study={})], "created once"),
        ([proposed(5)], "trial 4 must be next, got trial 5"),
        ([proposed(3)], "trial 4 must be next, got trial 3"),
        ([proposed(4, parent=4)], "'parent' of trial 4 must be an earlier trial, got 4"),
        ([proposed(4, repeat_of=10**20)], "'repeat_of' of trial 4"),
        ([proposed(4, inherits=-1)], "'inherits' of trial 4"),
        ([TrialNoted(trial=4, text="")], "trial 4 must be proposed before 'trial_noted'"),
        ([TrialStarted(trial=0)], "trial 0 is complete, so 'trial_started' cannot follow"),
        ([TrialStarted(trial=1)], "trial 1 is running"),
        ([TrialReported(trial=2, step=1, metrics={})], "trial 2 is waiting"),
        ([finished(0)], "trial 0 is complete, so 'trial_finished' cannot follow"),
        ([TrialInterrupted(trial=0)], "trial 0 is complete"),
        ([finished(1, State.RUNNING)], "must end as complete, pruned or failed, got running"),
        ([finished(1, failure=FAILURE)], "and no other, has a failure"),
        ([finished(1, State.FAILED)], "and no other, has a failure"),
        ([finished(1, metrics={"z": 1.0})], "has no metric 'y'"),
        ([finished(1, metrics={"y": math.nan})], "must be a finite number, got nan"),
        ([finished(1, State.PRUNED, metrics={"z": math.inf})], "must be a finite number, got inf"),
        ([request(2)], "question 1 must be next, got question 2"),
        ([ApprovalAnswered(reason="", number=1, answer="approve")], "question 1 must be asked before"),
        ([finished(1), finished(1)], "trial 1 is complete, so 'trial_finished' cannot follow"),
        ([proposed(4), proposed(4)], "trial 5 must be next"),
        ([TrialInterrupted(trial=1), finished(1)], "trial 1 is waiting"),
    ],
)
def test_an_event_that_cannot_follow_is_refused(history: History, events: list[Event], message: str) -> None:
    before = history.events_seen, list(history.trials)
    with pytest.raises(TunesmithError, match=message):
        history.check(*events)
    assert (history.events_seen, history.trials) == before
    for event in events[:-1]:
        history.apply(event)
    with pytest.raises(TunesmithError, match=message):
        history.apply(events[-1])
    assert history.events_seen == before[0] + len(events) - 1


def test_events_may_follow_one_another(history: History) -> None:
    events = [
        TrialInterrupted(trial=3),
        TrialStarted(trial=3),
        finished(3),
        proposed(4, parent=3, repeat_of=0),
        TrialStarted(trial=4),
        TrialReported(trial=4, step=1, metrics={"y": math.nan}),
        request(1),
        ApprovalAnswered(reason="", number=1, answer="approve"),
    ]
    history.check(*events)
    for event in events:
        history.apply(event)
    assert history.trials[4].state is State.RUNNING


def test_a_cleared_history_is_as_new(history: History) -> None:
    history.clear()
    assert (history.events_seen, history.trials, history.best, len(history.points)) == (0, [], None, 0)
    history.apply(StudyCreated(format=2, version="", study={}))
