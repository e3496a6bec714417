"""However a session ends, the journal says so, and the trials that were stopped wait again."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.waiting import wait_until

import tunesmith as ts
from tunesmith.history.history import History
from tunesmith.journal.events import Event, SessionClosed, TrialReported
from tunesmith.journal.file import JOURNAL_NAME, read_events
from tunesmith.runner.drive import _on_signal


class BrokenJudge:
    def judge(self, history: History, trial: ts.Trial) -> None:
        raise RuntimeError("the judge is broken")


def train(parameters: dict[str, Any], trial: ts.Trial) -> float:
    for step in range(3):
        trial.report(step, y=1.0)
    return float(parameters["x"])


def options(folder: Path, **more: Any) -> dict[str, Any]:
    space = {"x": ts.Float(0, 1)}
    return {"space": space, "objective": "minimize y", "folder": folder, "budget": ts.Budget(trials=3), **more}


def reasons(folder: Path) -> list[str]:
    return [event.reason for event in read_events(folder / JOURNAL_NAME) if isinstance(event, SessionClosed)]


@pytest.mark.parametrize("executor", ["inline", "process:2"])
def test_an_error_that_leaves_the_loop_closes_the_session(tmp_path: Path, executor: str) -> None:
    with pytest.raises(RuntimeError, match="the judge is broken"):
        ts.tune(train, executor=executor, judge=BrokenJudge(), **options(tmp_path))
    loaded = ts.load(tmp_path)
    assert not loaded.history.session_open
    assert reasons(tmp_path) == ["ended by a RuntimeError"]
    assert loaded.history.running == []
    study = ts.tune(train, executor=executor, **options(tmp_path))
    assert [trial.state for trial in study.trials] == [ts.State.COMPLETE] * 3


def test_a_signal_while_an_event_is_recorded_leaves_history_and_journal_alike(tmp_path: Path) -> None:
    study = ts.Study(task=train, **options(tmp_path))

    def interrupt(event: Event, history: History) -> None:
        if isinstance(event, TrialReported) and event.trial == 1 and event.step == 1:
            os.kill(os.getpid(), signal.SIGINT)

    study.recorder.observers.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        study.run()
    assert study.history.events_seen == ts.load(tmp_path).history.events_seen
    assert [trial.state for trial in study.trials] == [ts.State.COMPLETE, ts.State.WAITING]
    assert reasons(tmp_path) == ["interrupted"]
    study.recorder.observers.clear()
    study.run()
    assert [trial.attempt for trial in study.trials] == [1, 2, 1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_ends_a_trial_in_this_process(tmp_path: Path, number: signal.Signals) -> None:
    def killed(parameters: dict[str, Any]) -> float:
        os.kill(os.getpid(), number)
        wait_until(lambda: False, "the signal")
        return 0.0

    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        ts.tune(killed, **options(tmp_path))
    assert signal.getsignal(number) == before
    assert [trial.state for trial in ts.load(tmp_path).trials] == [ts.State.WAITING]
    assert reasons(tmp_path) == ["interrupted"]


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    def hung_up(parameters: dict[str, Any]) -> float:
        os.kill(os.getpid(), signal.SIGHUP)
        return 0.0

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # As `nohup` does.
    try:
        study = ts.tune(hung_up, **options(tmp_path))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert [trial.state for trial in study.trials] == [ts.State.COMPLETE] * 3


def test_a_study_in_another_thread_leaves_signals_alone(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    during: list[Any] = []

    def watched(parameters: dict[str, Any]) -> float:
        during.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        return 0.0

    thread = threading.Thread(target=ts.tune, args=(watched,), kwargs=options(tmp_path))
    thread.start()
    thread.join()
    assert during == before * 3


@pytest.mark.parametrize(("file", "is_raised"), [("<frozen importlib._bootstrap>", False), ("train.py", True)])
def test_nothing_is_raised_where_python_would_drop_it(file: str, is_raised: bool) -> None:
    here: dict[str, Any] = {"sys": sys}
    exec(compile("def cb():\n    return sys._getframe()\n", file, "exec"), here)
    engine = SimpleNamespace(recorder=SimpleNamespace(is_recording=False))
    loop = SimpleNamespace(interrupted=True, runs_inline=False, is_closing=False, engine=engine, interrupt=lambda: None)
    with pytest.raises(KeyboardInterrupt) if is_raised else nullcontext():
        _on_signal(cast(Any, loop), signal.SIGINT, here["cb"]())
    assert loop.is_closing is is_raised, "a later signal still ends the study at once"
