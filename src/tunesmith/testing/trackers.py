"""The contract of trackers, as a function that a test calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..core.objective import Objective
from ..core.parameters import Choice, Float
from ..core.space import SearchSpace
from ..core.spending import Call
from ..core.trial import Failure, Proposal, State, Verdict
from ..history.history import History
from ..journal.events import (
    Event,
    ModelCalled,
    SessionClosed,
    SessionOpened,
    StudyCreated,
    StudyStopped,
    TrialFinished,
    TrialInterrupted,
    TrialJudged,
    TrialNoted,
    TrialProposed,
    TrialReported,
    TrialStarted,
    TrialTested,
)
from ..trackers.base import BufferedTracker, Tracker

_SPACE = SearchSpace({"lr [log]": Float(1e-5, 1.0, log=True), "layers": Choice(["one", [2, 3], True])})


def check_tracker(create: Callable[[], Tracker], entries: Callable[[], Sequence[int]]) -> None:
    """Check that a tracker neither misses a trial nor enters one twice, whatever ends a session.

    Args:
        create: Returns a fresh tracker; all of them write to the same place, which is empty at first.
        entries: Returns what is in that place: for each entry the number of its trial.

    Raises:
        AssertionError: The tracker does not keep its contract; the message says how.
    """
    history = History(_SPACE, Objective.parse("minimize loss"))
    events = _events()
    for event in events[:7]:
        history.apply(event)
    killed = create()
    _open(killed, history)
    _record(killed, history, events[7:_KILLED_AT])
    entered = _entered(entries, history)
    resumed = create()
    for tracker, occasion in ((resumed, "a session was resumed"), (killed, "a tracker was opened again")):
        _open(tracker, history)
        assert _entered(entries, history) == entered, f"{occasion}, and that changed the entries"
    _record(resumed, history, events[_KILLED_AT:])
    resumed.close()
    entered = _entered(entries, history)
    _open(resumed, history)
    resumed.close()
    assert _entered(entries, history) == entered, "a session in which nothing happened changed the entries"


def _open(tracker: Tracker, history: History) -> None:
    copied = history.snapshot()
    tracker.open(copied)
    _flush(tracker)
    assert copied.trials == history.trials, "a tracker must not change the history"


def _record(tracker: Tracker, history: History, events: Sequence[Event]) -> None:
    """Apply events, and record them with a tracker that was opened with a copy of this history."""
    tracker.open(history)
    for event in events:
        history.apply(event)
        tracker.record(event)
    _flush(tracker)


def _flush(tracker: Tracker) -> None:
    if isinstance(tracker, BufferedTracker):
        while tracker.flush():
            pass


def _entered(entries: Callable[[], Sequence[int]], history: History) -> list[int]:
    numbers = sorted(entries())
    assert len(numbers) == len(set(numbers)), f"every trial must be entered once, but these are entered: {numbers}"
    missing = {trial.number for trial in history.trials if trial.state.settled} - set(numbers)
    assert not missing, f"settled trials must be entered, but {sorted(missing)} are missing"
    return numbers


_KILLED_AT = 17  # In the middle of trial 2.


def _events() -> list[Event]:
    """A study of six trials: complete, failed, pruned, interrupted, settled with odd values, and waiting."""
    long = "because \x1b[31m" + "of this " * 2000
    judged = Verdict(decision="reject", reason=long)
    return [
        StudyCreated(format=1, version="0", study={"name": "contract", "seed": 0}, time=1.0),
        SessionOpened(time=1.0),
        _proposed(0),
        TrialStarted(trial=0, time=2.0),
        TrialReported(trial=0, step=0, metrics={"loss": 2.0, "accuracy in %": 50.0}, time=3.0),
        TrialFinished(trial=0, state=State.COMPLETE, metrics={"loss": 1.0}, seconds=2.0, time=4.0),
        TrialJudged(trial=0, verdict=Verdict(decision="accept", reason="the first result"), time=4.0),
        _proposed(1),
        TrialStarted(trial=1, time=5.0),
        TrialFinished(trial=1, state=State.FAILED, failure=Failure(kind="exit", reason=long), time=6.0),
        ModelCalled(call=Call(role="planner", model="test"), time=6.0),
        _proposed(2),
        _proposed(3),
        TrialStarted(trial=2, time=7.0),
        TrialStarted(trial=3, time=7.0),
        TrialReported(trial=2, step=0, metrics={"loss": math.nan}, time=8.0),
        TrialReported(trial=3, step=0, metrics={"loss": 1.5}, time=8.0),
        TrialReported(trial=3, step=1, metrics={"loss": 1.4}, time=8.0),
        TrialInterrupted(trial=2, reason="killed", time=9.0),
        TrialFinished(trial=3, state=State.PRUNED, metrics={"loss": 1.4}, time=9.0),
        TrialJudged(trial=3, verdict=judged, time=9.0),
        TrialStarted(trial=2, attempt=2, time=10.0),
        TrialReported(trial=2, step=0, metrics={"loss": 1e300}, time=11.0),
        TrialFinished(trial=2, state=State.COMPLETE, metrics={"loss": 1e300, "odd/\u00fc name@": -0.0}, time=12.0),
        _proposed(4),
        TrialStarted(trial=4, time=12.0),
        TrialFinished(trial=4, state=State.COMPLETE, metrics={"loss": 0.5}, peak_memory_bytes=1, time=13.0),
        _proposed(5),
        TrialNoted(trial=1, text=long, time=13.0),
        StudyStopped(reason="that is enough", time=13.0),
        TrialTested(trial=4, metrics={"loss": 0.6}, time=14.0),
        TrialTested(trial=0, failure=Failure(kind="exit", reason=long), time=14.0),
        SessionClosed(time=15.0),
    ]


def _proposed(number: int) -> TrialProposed:
    layers = ("one", [2, 3], True)[number % 3]
    proposal = Proposal(parameters={"lr [log]": 0.1, "layers": layers}, proposer="user", reason="why\nnot", parent=None)
    return TrialProposed(trial=number, proposal=proposal, seed=number, time=1.0 + number)
