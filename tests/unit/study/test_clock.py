"""Studies while the machine's clock jumps."""

import math
import os
import time
from pathlib import Path

import pytest

import tunesmith as ts
from tunesmith.core.trial import State
from tunesmith.journal.file import JOURNAL_NAME
from tunesmith.service.process import running_process

HOUR = 3600.0


@pytest.fixture(params=[HOUR, -HOUR, 1e8])
def jump(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The jumps so far: each element is one, and adding to the list sets the machine's clock."""
    original, jumps = time.time, [0.0, request.param]
    monkeypatch.setattr(time, "time", lambda: original() + math.fsum(jumps))
    return jumps


def _study(folder: Path | None, function: object, **options: object) -> ts.Study:
    settings = {"executor": "inline", "proposer": "random", "budget": ts.Budget(trials=4, minutes=5), **options}
    return ts.Study(task=function, space={"x": ts.Float(0, 1)}, objective="minimize y", folder=folder, **settings)


def test_minutes_are_not_used_up_by_a_clock_that_jumps(tmp_path: Path, jump: list[float]) -> None:
    def train(parameters: dict[str, float]) -> float:
        jump.append(jump[1])
        return parameters["x"]

    study = _study(tmp_path, train)
    study.run()
    assert +study.history.counts == {State.COMPLETE: 4}
    assert 0 <= study.seconds_spent < 300
    assert 0 <= ts.load(tmp_path).seconds_spent < 300


def test_a_jump_in_a_session_that_was_killed_does_not_count_later(tmp_path: Path, jump: list[float]) -> None:
    def train(parameters: dict[str, float]) -> float:
        jump.append(jump[1])
        return parameters["x"]

    _study(tmp_path, train, budget=ts.Budget(trials=2)).run()
    journal = tmp_path / JOURNAL_NAME
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-2]))  # As if it was killed before it closed its session.
    jump.append(jump[1])
    with ts.load(tmp_path) as study:
        assert study.history.session_open
        study.note(0, "what was this?")
        assert 0 <= study.seconds_spent < 300
    study = _study(tmp_path, train)
    study.run()
    assert +study.history.counts == {State.COMPLETE: 4}
    assert 0 <= study.seconds_spent < 300


def test_the_process_of_a_study_is_known_after_the_clock_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(
            time, "time", lambda: 1000.0
        )  # Long before this process began, as it seems once the clock is right.
        study = _study(tmp_path, None)
        study.recorder.open_session()
    assert running_process(ts.load(tmp_path).history) == os.getpid()
    study.close()
    assert running_process(ts.load(tmp_path).history) is None


def test_a_pruned_trial_lasts_as_long_as_it_ran(jump: list[float]) -> None:
    def train(parameters: dict[str, float], trial: ts.Trial) -> float:
        jump.append(jump[1])
        for step in range(1, 10):
            trial.report(step, y=float(trial.number))
        return float(trial.number)

    study = _study(None, train, pruner={"name": "median", "startup_trials": 1})
    study.run()
    pruned = [trial for trial in study.trials if trial.state is State.PRUNED]
    assert pruned
    assert all(trial.seconds is not None and 0 <= trial.seconds < 300 for trial in pruned)
