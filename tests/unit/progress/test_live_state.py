import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, Proposal, State, Verdict
from tunesmith.history.history import History
from tunesmith.journal.events import (
    Event,
    SessionOpened,
    StudyCreated,
    TrialFinished,
    TrialInterrupted,
    TrialJudged,
    TrialProposed,
    TrialReported,
    TrialStarted,
)
from tunesmith.progress.live_state import MAX_SETTLED, LiveState


def new_history() -> History:
    return History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))


def trial_events(number: int, y: float | None, *, proposer: str = "tpe", decision: str = "reject") -> Iterator[Event]:
    """A trial from proposal to verdict; it fails where `y` is None."""
    start = 100.0 + number
    yield TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / 1e6}, proposer=proposer), time=start)
    yield TrialStarted(trial=number, attempt=1, time=start)
    if y is None:
        failure = {"kind": "exit", "reason": "exit status 1"}
        yield TrialFinished(trial=number, state=State.FAILED, failure=Failure(**failure), time=start + 1)
        return
    yield TrialReported(trial=number, step=1, metrics={"y": 2 * y}, time=start)
    yield TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": y}, seconds=1.0, time=start + 1)
    yield TrialJudged(trial=number, verdict=Verdict(decision=decision, reason="because"), time=start + 1)


def feed(history: History, state: LiveState, events: Iterator[Event] | list[Event]) -> None:
    for event in events:
        history.apply(event)
        state.record(event, history)


def study_events() -> list[Event]:
    events = [StudyCreated(format=1, version="0.1.0", study={}, time=99.0), SessionOpened(time=99.0)]
    values = [3.0, 2.0, None, 2.5, 1.0, 1.5]
    for number, y in enumerate(values):
        proposer = "user" if number == 0 else ["tpe", "random"][number % 2]
        decision = "accept" if y in (3.0, 2.0, 1.0) else "reject"
        events += trial_events(number, y, proposer=proposer, decision=decision)
    return events


def test_nothing_is_shown_before_the_first_event() -> None:
    assert LiveState().snapshot() is None


def test_a_picture_holds_what_happened() -> None:
    now = 99.0
    history, state = new_history(), LiveState(lambda: now)
    for event in study_events():
        now = event.time
        feed(history, state, [replace(event, elapsed=now - 99.0)])
    now = 120.0
    snapshot = state.snapshot()
    assert snapshot is not None
    assert (snapshot.best_value, snapshot.first_value) == (1.0, 3.0)
    assert (snapshot.trials, snapshot.done, snapshot.since_best) == (6, 6, 1)
    assert {state: n for state, n in snapshot.counts.items() if n} == {State.COMPLETE: 5, State.FAILED: 1}
    assert [trial.number for trial in snapshot.settled] == [5, 4, 3, 2, 1, 0]
    shares = {share.proposer: (share.proposals, len(share.accepted), share.best) for share in snapshot.shares}
    assert shares == {"user": (1, 1, 3.0), "random": (3, 1, 1.5), "tpe": (2, 1, 1.0)}
    assert snapshot.seconds == pytest.approx(21.0), "from the opening until now"


def test_catching_up_gives_the_same_picture_as_following() -> None:
    history, follower = new_history(), LiveState()
    feed(history, follower, study_events())
    late = LiveState()
    late.record(SessionOpened(time=106.0), history)
    followed, caught_up = follower.snapshot(), late.snapshot()
    assert followed is not None
    assert caught_up is not None
    assert sorted(map(vars, caught_up.shares), key=str) == sorted(map(vars, followed.shares), key=str)
    assert (caught_up.best, caught_up.counts) == (followed.best, followed.counts)
    assert caught_up.settled == sorted(followed.settled, key=lambda trial: -trial.number)


def test_a_trial_takes_the_first_free_slot_and_gives_it_back() -> None:
    now = 100.0
    history, state = new_history(), LiveState(lambda: now)

    def slots() -> dict[int, int]:
        snapshot = state.snapshot()
        assert snapshot is not None
        return {run.trial.number: run.slot for run in snapshot.running}

    trials = [list(trial_events(number, 1.0)) for number in range(4)]
    for number in range(3):
        feed(history, state, trials[number][:2])
    assert slots() == {0: 1, 1: 2, 2: 3}
    feed(history, state, trials[1][2:])
    feed(history, state, trials[3][:2])
    assert slots() == {0: 1, 3: 2, 2: 3}
    now = 500.0
    feed(history, state, [TrialInterrupted(trial=0), TrialStarted(trial=0, attempt=2, time=5e8)])
    now = 512.0
    assert slots() == {0: 1, 3: 2, 2: 3}
    snapshot = state.snapshot()
    assert snapshot is not None
    assert snapshot.running[0].seconds == 12.0


def test_a_failed_trial_that_is_tried_again_is_no_longer_settled() -> None:
    history, state = new_history(), LiveState()
    feed(history, state, trial_events(0, None))
    feed(history, state, [TrialInterrupted(trial=0, reason="the cause was mended")])
    snapshot = state.snapshot()
    assert snapshot is not None
    assert list(snapshot.settled) == []
    assert snapshot.counts[State.WAITING] == 1


def test_a_users_verdict_replaces_the_judges() -> None:
    history, state = new_history(), LiveState()
    feed(history, state, trial_events(0, 1.0, decision="accept"))
    veto = {"decision": "reject", "reason": "leaks", "by": "user", "binding": True}
    feed(history, state, [TrialJudged(trial=0, verdict=Verdict(**veto))])
    snapshot = state.snapshot()
    assert snapshot is not None
    assert snapshot.shares[0].accepted == set()
    assert snapshot.best is None


def test_repeats_count_as_one_configuration_with_the_mean_of_its_runs() -> None:
    history, state = new_history(), LiveState()
    for number, y in enumerate((1.0, 3.0)):
        events = list(trial_events(number, y))
        again = replace(events[0], proposal=replace(events[0].proposal, parameters={"x": 0.5}))
        feed(history, state, [again, *events[1:]])
    snapshot = state.snapshot()
    assert snapshot is not None
    assert (snapshot.best_value, snapshot.best_repeats) == (2.0, 2)


def test_reading_while_another_thread_writes_is_safe() -> None:
    history, state, trials = new_history(), LiveState(), 3000
    done = threading.Event()
    failures: list[BaseException] = []
    snapshots = 0

    def read() -> None:
        nonlocal snapshots
        try:
            while not done.is_set():
                snapshot = state.snapshot()
                if snapshot is not None:
                    assert len(snapshot.settled) <= MAX_SETTLED
                    assert all(run.slot <= 3 for run in snapshot.running)
                    snapshots += 1
        except BaseException as error:
            failures.append(error)

    reader = threading.Thread(target=read)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        reader.start()
        for first in range(0, trials, 3):
            streams = [list(trial_events(first + k, 1.0 / (first + k + 1))) for k in range(3)]
            for step in range(5):
                feed(history, state, [stream[step] for stream in streams])
    finally:
        done.set()
        reader.join()
        sys.setswitchinterval(interval)
    assert not failures
    assert snapshots > 10
    snapshot = state.snapshot()
    assert snapshot is not None
    assert snapshot.done == trials
