"""The recorder: what is written can be read, and threads, forks and interrupts leave a study that can be loaded."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tunesmith as ts
from tunesmith.core.trial import Proposal
from tunesmith.errors import InputError, JournalError, TunesmithError
from tunesmith.history.history import History
from tunesmith.journal.events import Event, ModelPaused, TrialFinished, TrialNoted, TrialStarted

SPACE: dict[str, Any] = {"x": ts.Float(0, 1), "n": ts.Int(1, 9)}


def new_study(folder: Path | None, **options: Any) -> ts.Study:
    return ts.Study(space=SPACE, objective="minimize y", folder=folder, **options)


def work(study: ts.Study, count: int = 4) -> None:
    for _ in range(count):
        trial = study.ask()
        trial.report(1, y=trial.parameters["x"])
        study.tell(trial.number, {"y": trial.parameters["x"]})


def in_fork(step: Callable[[], object]) -> int:
    """Take a step in a forked process, and return its identifier; its status is 0 if nothing was raised."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            step()
            status = 0
        finally:
            os._exit(status)
    return process


def status_of(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.parametrize("in_memory", [False, True])
def test_an_event_that_cannot_follow_is_not_written(tmp_path: Path, in_memory: bool) -> None:
    study = new_study(None if in_memory else tmp_path)
    study.ask()
    for event in (TrialStarted(trial=0), TrialNoted(trial=7, text=""), ModelPaused(reason="", until="soon")):  # type: ignore[arg-type]
        seen = study.history.events_seen
        with pytest.raises(TunesmithError):
            study.recorder.emit(TrialNoted(trial=0, text="not written either"), event)
        assert study.history.events_seen == seen
    work(study)
    if not in_memory:
        assert ts.load(tmp_path).history.trials == study.history.trials
    assert study.trials[0].notes == ()


def test_text_and_numbers_that_json_cannot_hold_are_the_same_now_and_later(tmp_path: Path) -> None:
    study = new_study(tmp_path)
    trial = study.ask()
    study.tell(trial.number, ts.Measurement(metrics={"y": 1.0, "caf\udce9": 2.0}, peak_memory_bytes=10**30))
    study.note(trial.number, "na\udcffve")
    study.recorder.emit(ModelPaused(reason="\ud800"))
    assert study.trials[0].metrics == {"y": 1.0, "caf\\udce9": 2.0}
    assert study.trials[0].notes == ("na\\udcffve",)
    assert study.trials[0].peak_memory_bytes == 2**64 - 1
    loaded = ts.load(tmp_path)
    assert loaded.trials == study.trials
    assert loaded.history.decisions == study.history.decisions


def test_eight_threads_may_use_one_study(tmp_path: Path) -> None:
    study = new_study(tmp_path, budget=ts.Budget(trials=40))
    errors: list[Exception] = []

    def use() -> None:
        try:
            work(study)
            study.note(0, "one of eight")
            study.add({"x": 0.5, "n": 5}, 2.0)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    loaded = ts.load(tmp_path)
    assert loaded.trials == study.trials
    assert len(loaded.trials) == 40
    assert {trial.state for trial in loaded.trials} == {ts.State.COMPLETE}
    tried = [str(trial.parameters) for trial in loaded.trials if trial.proposal.repeat_of is None]
    assert len(tried) == len(set(tried))


@pytest.mark.parametrize("used_before", [False, True])
def test_forked_processes_take_turns(tmp_path: Path, used_before: bool) -> None:
    study = new_study(tmp_path)
    if used_before:
        work(study, 1)
    workers = [in_fork(lambda: work(study)) for _ in range(3)]
    assert [status_of(worker) for worker in workers] == [0, 0, 0]
    work(study, 1)
    loaded = ts.load(tmp_path)
    assert loaded.trials == study.trials
    assert len(loaded.trials) == 13 + used_before
    tried = [str(trial.parameters) for trial in loaded.trials if trial.proposal.repeat_of is None]
    assert len(tried) == len(set(tried))


def test_a_fork_in_the_middle_of_a_step_is_no_copy_of_the_lock(tmp_path: Path) -> None:
    study = new_study(tmp_path)
    with study.recorder.exclusive():
        worker = in_fork(lambda: work(ts.load(tmp_path), 1))
        work(study, 1)
    assert status_of(worker) == 0
    assert len(ts.load(tmp_path).trials) == 2


def test_a_forked_study_in_memory_is_refused() -> None:
    study = new_study(None)
    work(study, 1)

    def refused() -> None:
        with pytest.raises(InputError, match=r"forked one\. Give the study a folder"):
            study.ask()

    assert status_of(in_fork(refused)) == 0
    work(study, 1)


def test_a_study_is_opened_in_each_process_and_not_sent(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"open it in each process, as tunesmith\.load\('.*'\)"):
        pickle.dumps(new_study(tmp_path / "study"))


def test_a_trial_that_was_sent_to_another_process_is_plain_data() -> None:
    trial = new_study(None).ask()
    sent = pickle.loads(pickle.dumps(trial))
    assert sent == trial
    with pytest.raises(InputError, match="only a running trial can report, in the process that started it"):
        sent.report(1, y=1.0)
    trial.report(1, y=1.0)


def test_an_observer_may_record_an_event(tmp_path: Path) -> None:
    study = new_study(tmp_path)

    def observe(event: Event, history: History) -> None:
        if isinstance(event, TrialFinished):
            study.note(event.trial, "seen")

    study.recorder.observers.append(observe)
    work(study, 2)
    assert [trial.notes for trial in study.trials] == [("seen",), ("seen",)]
    assert ts.load(tmp_path).trials == study.trials


def test_several_objects_of_one_study_see_each_other(tmp_path: Path) -> None:
    first, second = new_study(tmp_path, budget=ts.Budget(trials=3)), new_study(tmp_path, budget=ts.Budget(trials=3))
    trials = [first.ask(), second.ask(), first.ask()]
    assert [trial.number for trial in trials] == [0, 1, 2]
    with pytest.raises(ts.BudgetSpent):
        second.ask()
    second.tell(0, 1.0)
    with pytest.raises(ts.InputError, match="but trial 0 is complete"):
        first.tell(0, 2.0)


def test_an_interrupt_between_writing_and_applying_loses_nothing(tmp_path: Path) -> None:
    study = new_study(tmp_path)

    def interrupt(event: Event, history: History) -> None:
        if isinstance(event, TrialFinished):
            study.recorder.observers.clear()
            raise KeyboardInterrupt

    trial = study.ask()
    study.recorder.observers.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        study.recorder.emit(
            TrialFinished(trial=trial.number, state=ts.State.COMPLETE, metrics={"y": 1.0}),
            TrialNoted(trial=trial.number, text="in the same write"),
        )
    work(study, 1)
    assert study.trials[0].notes == ("in the same write",)
    assert ts.load(tmp_path).trials == study.trials


def test_a_study_whose_folder_vanishes_stops(tmp_path: Path) -> None:
    folder = tmp_path / "study"

    def train(parameters: Any, trial: ts.Trial) -> float:
        if trial.number == 3:
            folder.rename(tmp_path / "elsewhere")
        return float(parameters["x"])

    with pytest.raises(JournalError, match=r"was removed\. Restore the study's folder"):
        ts.tune(train, space=SPACE, objective="minimize y", folder=folder, budget=ts.Budget(trials=9))
    (tmp_path / "elsewhere").rename(folder)
    loaded = ts.load(folder, train)
    assert [trial.number for trial in loaded.history.running] == [3]
    assert not (tmp_path / "elsewhere").exists()


def test_a_proposal_out_of_order_is_the_error_of_its_proposer(tmp_path: Path) -> None:
    class Wrong:
        def propose(self, history: History, *, count: int, seed: int) -> list[Proposal]:
            return [Proposal(parameters={"x": 0.1, "n": 1}, proposer="wrong", parent=99)]

    study = new_study(tmp_path, proposer=Wrong())
    study.ask()
    with pytest.raises(TunesmithError, match="'parent' of trial 1 must be an earlier trial, got 99"):
        study.ask()
    assert len(ts.load(tmp_path).trials) == 1
