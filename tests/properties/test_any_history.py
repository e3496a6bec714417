"""Properties of histories: events replay, and the best does not depend on the order of finishing."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State, Verdict
from tunesmith.history.history import History
from tunesmith.journal.events import (
    Event,
    TrialFinished,
    TrialInterrupted,
    TrialJudged,
    TrialProposed,
    TrialReported,
    TrialStarted,
    from_record,
)

SPACE = SearchSpace({"x": Float(0.0, 1.0)})
OBJECTIVE = Objective.parse({"metrics": {"y": {"direction": "minimize"}}, "constraints": {"size": {"high": 10.0}}})
metrics = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Draw a possible sequence of events: parallel trials, interruptions and every kind of end."""
    events: list[Event] = []
    waiting: dict[int, int] = {}
    running: dict[int, int] = {}
    proposed = 0
    for _ in range(draw(st.integers(1, 40))):
        steps = ["propose"] + ["start"] * bool(waiting) + ["report", "end", "end", "interrupt"] * bool(running)
        step = draw(st.sampled_from(steps))
        if step == "propose":
            x = draw(st.sampled_from([0.1, 0.2, 0.3, 0.4]))
            events.append(TrialProposed(trial=proposed, proposal=Proposal(parameters={"x": x}), seed=proposed))
            waiting[proposed] = 0
            proposed += 1
            continue
        number = draw(st.sampled_from(sorted(waiting if step == "start" else running)))
        if step == "start":
            running[number] = waiting.pop(number) + 1
            events.append(TrialStarted(trial=number, attempt=running[number]))
        elif step == "report":
            payload = {"step": draw(st.integers(0, 5)), "metrics": {"y": draw(st.floats())}}
            events.append(TrialReported(trial=number, **payload))
        elif step == "interrupt":
            waiting[number] = running.pop(number)
            events.append(TrialInterrupted(trial=number))
        else:
            del running[number]
            events += draw(_ends(number))
    return events


@st.composite
def _ends(draw: st.DrawFn, number: int) -> list[Event]:
    state = draw(st.sampled_from(["complete", "pruned", "failed"]))
    data: dict[str, Any] = {"state": state, "seconds": 1.0}
    if state == "failed":
        data["failure"] = {"kind": "exit", "reason": "it ended with status 1."}
    else:
        data["metrics"] = {"y": draw(metrics), "size": draw(st.floats(0, 20))}
    events = [from_record({"event": "trial_finished", "trial": number, **data})]
    if state == "complete" and draw(st.booleans()):
        by, decision = draw(st.sampled_from(["rules", "user"])), draw(st.sampled_from(["accept", "reject"]))
        verdict = {"decision": decision, "reason": "so it is.", "by": by, "binding": draw(st.booleans())}
        events.append(TrialJudged(trial=number, verdict=Verdict(**verdict)))
    return events


def _play(events: list[Event]) -> History:
    history = History(SPACE, OBJECTIVE)
    for event in events:
        history.apply(event)
    return history


@given(streams(), st.data())
def test_every_prefix_is_consistent(events: list[Event], data: st.DataObject) -> None:
    history = _play(events[: data.draw(st.integers(0, len(events)))])
    assert +history.counts == Counter(trial.state for trial in history.trials)
    assert [trial.number for trial in history.trials] == list(range(len(history.trials)))
    assert history.points.shape == (len(history.trials), 1)
    assert history.settled == sum(trial.state.settled for trial in history.trials)
    assert {t.number for t in history.running} == {t.number for t in history.trials if t.state is State.RUNNING}
    assert {t.number for t in history.waiting} == {t.number for t in history.trials if t.state is State.WAITING}
    for trial in history.trials:
        known = math.isfinite(history.losses[trial.number])
        assert known == (trial.state in (State.COMPLETE, State.PRUNED))
    if history.best is not None:
        assert history.best.state is State.COMPLETE
        assert history.best == history.trials[history.best.number]


@given(streams())
def test_replay_is_deterministic(events: list[Event]) -> None:
    one, other = _play(events), _play(events)
    assert one.trials == other.trials
    assert one.best == other.best
    np.testing.assert_array_equal(one.losses, other.losses)


@given(streams())
def test_curves_hold_the_last_attempt_only(events: list[Event]) -> None:
    last_attempts: dict[int, dict[int, float]] = {}
    for event in events:
        if isinstance(event, TrialStarted):
            last_attempts[event.trial] = {}
        elif isinstance(event, TrialReported) and math.isfinite(loss := event.metrics["y"]):
            last_attempts[event.trial][event.step] = loss
    history = _play(events)
    assert {(step, number): loss for step in history.steps for number, loss in history.at_step(step).items()} == {
        (step, number): loss for number, curve in last_attempts.items() for step, loss in curve.items()
    }


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3]), metrics), min_size=1, max_size=12), st.randoms())
def test_best_does_not_depend_on_the_order_of_finishing(trials: list[tuple[float, float]], random: Any) -> None:
    starts = []
    for number, (x, _) in enumerate(trials):
        starts.append(TrialProposed(trial=number, proposal=Proposal(parameters={"x": x})))
        starts.append(TrialStarted(trial=number, attempt=1))
    ends = [
        TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": y, "size": 1.0})
        for number, (_, y) in enumerate(trials)
    ]
    in_order = _play([*starts, *ends])
    random.shuffle(ends)
    shuffled = _play([*starts, *ends])
    assert in_order.best is not None
    assert shuffled.best is not None
    assert shuffled.best.number == in_order.best.number
