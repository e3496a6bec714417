"""Events and their records: every kind survives the round trip, and fields of a later version are ignored."""

from __future__ import annotations

import inspect
import math

import orjson
import pytest

from tunesmith.core.approval_request import ApprovalRequest
from tunesmith.core.spending import Call
from tunesmith.core.trial import Failure, Proposal, State, Verdict
from tunesmith.journal import events
from tunesmith.journal.events import Event, from_record, to_record

REQUEST = ApprovalRequest(
    number=1, step="radical", parameters={"x": 1}, changes={"x": {"to": 1}}, deadline=9.0, default="reject"
)
FAILURE = Failure(kind="exit", reason="exit status 1", log_tail="…")
EXAMPLES: list[Event] = [
    events.StudyCreated(format=1, version="0.1.0", study={"name": "s", "seed": 0}),
    events.SessionOpened(pid=7, host="here", python="3.11", version="0.1.0", study={"name": "s"}),
    events.SessionClosed(reason="done"),
    events.TrialProposed(trial=0, proposal=Proposal(parameters={"x": [1, None]}, parent=0, reason="why"), seed=3),
    events.TrialStarted(trial=0, attempt=2),
    events.TrialReported(trial=0, step=3, metrics={"y": 0.5}),
    events.TrialFinished(trial=0, state=State.FAILED, failure=FAILURE, seconds=1.5, peak_memory_bytes=10),
    events.TrialInterrupted(trial=0, reason="it was lost", lost=True),
    events.TrialJudged(trial=0, verdict=Verdict(decision="reject", reason="worse", binding=True)),
    events.TrialTested(trial=0, metrics={"test_y": 0.5}, failure=FAILURE),
    events.TrialNoted(trial=0, text="a note"),
    events.ModelCalled(call=Call(role="planner", model="openai:gpt-5", input_tokens=3, usd=0.1)),
    events.StudyStopped(reason="done", failed=True),
    events.FilesShared(reason="trials write to the same files", paths=("model.txt",)),
    events.StopRefused(reason="too early"),
    events.SearchFocused(reason="it matters", prioritise=("x",), freeze=("y", "z")),
    events.AdviceRefused(reason="no such parameter", by="planner", step="small", changes={"z": 1}, advice="try z"),
    events.ModelPaused(reason="it is down", until=17, failures=1),
    events.ApprovalRequested(reason="may it?", by="planner", request=REQUEST),
    events.ApprovalAnswered(reason="it may", number=1, answer="approve", by="user", trial=4, changes={"x": 1}),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_an_event_survives_the_round_trip(event: Event) -> None:
    line = orjson.loads(orjson.dumps(to_record(event)))
    restored = from_record({**line, "time": event.time})
    assert restored == event
    assert type(restored) is type(event)


def test_every_kind_has_an_example() -> None:
    kinds = {
        cls
        for cls in vars(events).values()
        if inspect.isclass(cls) and issubclass(cls, Event) and not cls.__subclasses__()
    }
    assert {type(event) for event in EXAMPLES} == kinds


def test_defaults_are_omitted() -> None:
    record = to_record(events.TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.5}), time=1.0))
    assert record == {"time": 1.0, "event": "trial_proposed", "trial": 0, "proposal": {"parameters": {"x": 0.5}}}


def test_metrics_that_are_not_finite_are_null_in_a_line() -> None:
    event = events.TrialReported(trial=0, step=1, metrics={"y": math.nan})
    line = orjson.dumps(to_record(event))
    assert b'"y":null' in line
    restored = from_record(orjson.loads(line))
    assert isinstance(restored, events.TrialReported)
    assert math.isnan(restored.metrics["y"])


def test_fields_of_a_later_version_are_ignored() -> None:
    record = {"time": 1.0, "event": "trial_noted", "trial": 0, "text": "fine", "mood": "good"}
    assert from_record(record) == events.TrialNoted(trial=0, text="fine", time=1.0)


@pytest.mark.parametrize(
    "record", [{"event": "unheard_of"}, {}, {"event": "trial_started"}, {"event": "trial_finished", "state": "odd"}]
)
def test_an_invalid_record_is_refused(record: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^its? "):
        from_record(record)
