"""Background trackers: the events that they receive, and that a study never waits for them."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import wait_until

import tunesmith as ts
from tunesmith.engine import background_trackers
from tunesmith.history.history import History
from tunesmith.journal.file import read_events

SPACE = {"x": ts.Float(0.0, 1.0)}
LOGGER = "tunesmith.engine.background_trackers"


class CallLog:
    """Records every call, with the number of events in the history."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.history: History | None = None

    def open(self, history: History) -> None:
        self.history = history
        self.calls.append(("open", history.events_seen))

    def record(self, event: Any) -> None:
        assert self.history is not None
        self.calls.append((event.kind, self.history.events_seen))

    def close(self) -> None:
        self.calls.append(("close", None))

    @property
    def seen(self) -> int:
        """The number of events that the tracker has received, directly or in its history."""
        return max(count for _, count in self.calls if count is not None)


class Blocked(CallLog):
    """Hangs when it is opened, until `may_continue` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs, self.may_continue = threading.Event(), threading.Event()

    def open(self, history: History) -> None:
        self.hangs.set()
        self.may_continue.wait()
        super().open(history)


class Broken(CallLog):
    """Fails at every opening."""

    error: Exception = ValueError("no network at http://me:secret@host/")

    def open(self, history: History) -> None:
        super().open(history)
        raise self.error


def nothing(parameters: dict[str, Any]) -> float:
    return float(parameters["x"])


def tune(folder: Path, *trackers: Any, trials: int = 5) -> ts.Study:
    return ts.tune(
        nothing,
        space=SPACE,
        objective="minimize y",
        budget=ts.Budget(trials=trials),
        folder=folder,
        proposer="random",
        judge={"name": "rules", "repeats": 0},
        trackers=trackers,
    )


def ask_and_tell(study: ts.Study, trials: int = 1) -> None:
    for _ in range(trials):
        study.tell(study.ask().number, 1.0)


def opened(folder: Path | None, tracker: CallLog) -> ts.Study:
    """Return a study whose tracker has been opened, so that later events are recorded one by one."""
    study = ts.Study(space=SPACE, objective="minimize y", proposer="random", folder=folder, trackers=[tracker])
    ask_and_tell(study)
    wait_until(lambda: tracker.calls, "the tracker to be opened")
    return study


def journaled(folder: Path) -> int:
    return len(list(read_events(folder / "journal.jsonl")))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER and record.levelno > logging.INFO]


def test_a_tracker_gets_every_event_once_and_a_history_that_includes_it(tmp_path: Path) -> None:
    tracker_log = CallLog()
    with opened(tmp_path, tracker_log) as study:
        ask_and_tell(study, 10)
    (first, opened_at), *events, last = tracker_log.calls
    assert (first, last[0]) == ("open", "close")
    assert [count for _, count in events] == list(range(opened_at + 1, journaled(tmp_path) + 1))
    assert len(events) >= 10


def test_a_resumed_study_opens_its_trackers_with_its_whole_history(tmp_path: Path) -> None:
    tune(tmp_path)
    before = journaled(tmp_path)
    tracker_log = CallLog()
    tune(tmp_path, tracker_log, trials=8)
    assert tracker_log.calls[0][1] > before
    assert tracker_log.seen == journaled(tmp_path)
    assert tracker_log.history is not None
    assert len(tracker_log.history.trials) == 8


def test_the_same_tracker_is_opened_again_by_the_next_session(tmp_path: Path) -> None:
    tracker_log = CallLog()
    study = tune(tmp_path, tracker_log)
    study.resume()
    assert [call for call, _ in tracker_log.calls if call in ("open", "close")] == ["open", "close"] * 2


def test_the_study_and_its_lock_are_free_while_a_tracker_works(tmp_path: Path) -> None:
    blocked, healthy = Blocked(), CallLog()
    with ts.Study(space=SPACE, objective="minimize y", folder=tmp_path, trackers=[blocked, healthy]) as study:
        ask_and_tell(study)
        assert blocked.hangs.wait(60)
        ask_and_tell(study, 20)  # Would block if the tracker held the lock.
        wait_until(lambda: healthy.calls and healthy.seen == journaled(tmp_path), "the other tracker")
        blocked.may_continue.set()
    assert blocked.seen == journaled(tmp_path)


def test_a_failing_tracker_costs_one_warning_without_secrets(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken, healthy = Broken(), CallLog()
    study = tune(tmp_path, broken, healthy, trials=50)
    assert study.best is not None
    [warning] = warnings(caplog)
    assert "tracker Broken failed: ValueError: no network at http://***@host/" in warning
    assert "secret" not in caplog.text
    assert healthy.seen == journaled(tmp_path)


def test_a_failed_tracker_is_opened_again_and_misses_nothing(tmp_path: Path) -> None:
    class Once(CallLog):
        failed = False

        def record(self, event: Any) -> None:
            super().record(event)
            if not self.failed:
                self.failed = True
                raise ConnectionError("the server was restarted")

    tracker_log = Once()
    with opened(tmp_path, tracker_log) as study:
        ask_and_tell(study, 3)
    assert [call for call, _ in tracker_log.calls].count("open") == 2
    assert tracker_log.seen == journaled(tmp_path)


def test_a_wrong_option_ends_a_tracker(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = Broken()
    broken.error = ts.InputError("the experiment was deleted.")
    tune(tmp_path, broken, trials=20)
    assert len(broken.calls) == 1
    assert "failed: the experiment was deleted." in warnings(caplog)[0]


def test_a_hanging_tracker_costs_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_trackers, "CLOSE_SECONDS", 0.1)
    blocked = Blocked()
    study = tune(tmp_path, blocked, trials=50)
    assert study.history.settled == 50
    assert blocked.hangs.is_set()
    assert not blocked.calls
    [warning] = warnings(caplog)
    assert "tracker Blocked could not finish" in warning
    blocked.may_continue.set()
    wait_until(lambda: blocked.calls[-1:] == [("close", None)], "the tracker to be closed")
    assert len(blocked.calls) == 2  # The hanging call, and close.


def test_a_study_does_not_wait_for_a_tracker_that_cannot_catch_up(caplog: pytest.LogCaptureFixture) -> None:
    class Slow(CallLog):
        def record(self, event: Any) -> None:
            super().record(event)
            threading.Event().wait(0.05)

    slow = Slow()
    with opened(None, slow) as study:
        ask_and_tell(study)
        wait_until(lambda: len(slow.calls) > 2, "the first events to be recorded")
        ask_and_tell(study, 300)  # About a thousand events, which take most of a minute.
    assert slow.seen < study.history.events_seen - 400
    [warning] = warnings(caplog)
    assert "tracker Slow is too slow to catch up" in warning


def test_a_call_that_takes_too_long_is_reported_while_the_study_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_trackers, "HANG_SECONDS", 0.0)
    blocked = Blocked()
    study = ts.Study(space=SPACE, objective="minimize y", folder=tmp_path, trackers=[blocked])
    ask_and_tell(study)
    assert blocked.hangs.wait(60)
    ask_and_tell(study)
    assert "Blocked has not returned from a call" in warnings(caplog)[0]
    blocked.may_continue.set()
    study.close()
    assert len(warnings(caplog)) == 1


def test_a_tracker_that_is_too_far_behind_catches_up_from_the_history(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_trackers, "QUEUE_EVENTS", 10)
    blocked = Blocked()
    study = ts.Study(space=SPACE, objective="minimize y", folder=tmp_path, proposer="random", trackers=[blocked])
    ask_and_tell(study)
    assert blocked.hangs.wait(60)
    ask_and_tell(study, 20)
    blocked.may_continue.set()
    study.close()
    assert [call for call, _ in blocked.calls].count("open") == 2
    assert blocked.seen == journaled(tmp_path)
    assert blocked.history is not None
    assert len(blocked.history.trials) == len(study.trials)
    [warning] = warnings(caplog)
    assert "is more than 10 events behind" in warning


def test_a_buffer_is_flushed_until_it_is_empty(tmp_path: Path) -> None:
    class Buffered(CallLog):
        waiting = sent = 0

        def record(self, event: Any) -> None:
            super().record(event)
            self.waiting += 1

        def flush(self) -> bool:
            if self.waiting:
                self.waiting -= 1
                self.sent += 1
            return self.waiting > 0

    buffered = Buffered()
    with opened(tmp_path, buffered) as study:
        ask_and_tell(study, 5)
    assert buffered.sent == len(buffered.calls) - 2


def test_a_study_in_memory_has_trackers_too() -> None:
    tracker_log = CallLog()
    with opened(None, tracker_log) as study:
        ask_and_tell(study)
    assert tracker_log.calls[-1] == ("close", None)
    assert tracker_log.seen == study.history.events_seen


@pytest.mark.parametrize("trackers", ["mlflow", {"mlflow": True}])
def test_trackers_are_a_list(trackers: Any) -> None:
    with pytest.raises(ts.InputError, match="expected a list of trackers"):
        ts.Study(space=SPACE, objective="minimize y", trackers=trackers)
