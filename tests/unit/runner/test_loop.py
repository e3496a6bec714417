"""The loop with executors that recover, repeat reports, and cannot stop a trial."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

import pytest

import tunesmith as ts
from tunesmith.core.trial import Failure, Measurement, OnReport, Proposal, TrialFailed, TrialRequest
from tunesmith.executors.base import Capabilities
from tunesmith.executors.pool import PoolExecutor
from tunesmith.history.history import History
from tunesmith.proposers.random import RandomProposer
from tunesmith.runner import loop
from tunesmith.tasks.base import Task
from tunesmith.tasks.function import FunctionTask


class ScriptedExecutor:
    """Runs each trial by calling `submit_trial` or `recover_trial` with a future to settle."""

    def __init__(
        self,
        slots: int,
        submit_trial: Callable[[Self, TrialRequest, Future[Measurement]], None],
        recover_trial: Callable[[Self, TrialRequest, Future[Measurement]], None],
    ) -> None:
        self.capabilities = Capabilities(slots=slots)
        self._submit, self._recover = submit_trial, recover_trial
        self.on_report: OnReport = lambda *report: None

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        self.on_report = on_report

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        return self._future(request, self._submit)

    def recover(self, request: TrialRequest) -> Future[Measurement] | None:
        return self._future(request, self._recover)

    def stop(self, number: int) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def _future(self, request: TrialRequest, settle: Callable[..., None]) -> Future[Measurement]:
        future: Future[Measurement] = Future()
        future.set_running_or_notify_cancel()
        settle(self, request, future)
        return future


def options(folder: Path, trials: int, **more: Any) -> dict[str, Any]:
    task = FunctionTask(function=lambda parameters: parameters["x"], metric="y", **more)
    budget = ts.Budget(trials=trials)
    space = {"x": ts.Float(0, 1)}
    return {
        "space": space,
        "objective": "minimize y",
        "folder": folder,
        "budget": budget,
        "task": task,
        "proposer": "random",
    }


def test_reports_of_a_new_attempt_count_although_the_recovered_one_repeated_fewer(tmp_path: Path) -> None:
    def submit(executor: ScriptedExecutor, request: TrialRequest, future: Future[Measurement]) -> None:
        for step in range(3):
            executor.on_report(request.number, request.attempt, step, {"y": 10.0 + step})
        future.set_result(Measurement(metrics={"y": 1.0}))

    def recover(executor: ScriptedExecutor, request: TrialRequest, future: Future[Measurement]) -> None:
        executor.on_report(request.number, request.attempt, 0, {"y": 0.0})
        future.set_exception(TrialFailed(Failure(kind="lost", reason="the node died")))

    with ts.Study(**options(tmp_path, 1)) as study:
        trial = study.ask()
        for step in range(3):
            trial.report(step, y=0.0)
    study = ts.Study(executor=ScriptedExecutor(1, submit, recover), **options(tmp_path, 1))
    study.run()
    assert [(report.step, report.metrics["y"]) for report in study.trials[0].reports] == [(0, 10), (1, 11), (2, 12)]
    assert study.trials[0].attempt == 2


def test_no_trial_starts_while_more_recovered_trials_run_than_there_are_slots(tmp_path: Path) -> None:
    running: set[int] = set()
    most_at_start: list[int] = []
    recovered: list[tuple[int, Future[Measurement]]] = []

    def submit(executor: ScriptedExecutor, request: TrialRequest, future: Future[Measurement]) -> None:
        most_at_start.append(len(running))
        future.set_result(Measurement(metrics={"y": 1.0}))

    def recover(executor: ScriptedExecutor, request: TrialRequest, future: Future[Measurement]) -> None:
        running.add(request.number)
        recovered.append((request.number, future))
        if len(recovered) == 4:
            threading.Timer(0.2, end).start()

    def end() -> None:
        for number, future in recovered:
            running.discard(number)
            future.set_result(Measurement(metrics={"y": 1.0}))

    with ts.Study(**options(tmp_path, 8)) as study:
        for _ in range(4):
            study.ask()
        study.engine.propose(4)
    study = ts.Study(executor=ScriptedExecutor(2, submit, recover), **options(tmp_path, 8))
    study.run()
    assert study.history.counts[ts.State.COMPLETE] == 8
    assert max(most_at_start) < 2


def test_the_test_split_waits_for_no_trial_that_cannot_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loop, "UNSTOPPABLE_GRACE_SECONDS", 0.1)
    release = threading.Event()

    def train(parameters: dict[str, float], trial: ts.Trial) -> float:
        if trial.number:
            release.wait(60)
        return parameters["x"]

    task = FunctionTask(function=train, test=lambda parameters: parameters["x"], metric="y")
    study = ts.Study(
        **{**options(tmp_path, 5), "task": task, "budget": ts.Budget(trials=5, minutes=2 / 60)},
        executor=PoolExecutor(slots=1),
    )
    study.run()
    release.set()
    assert "the test split is not evaluated, as no slot is free" in caplog.text
    assert not study.trials[0].test_metrics


def test_patience_does_not_hide_that_every_trial_failed(tmp_path: Path) -> None:
    def train(parameters: dict[str, float]) -> float:
        raise ValueError("no data")

    with pytest.raises(ts.StudyFailed, match="no data"):
        ts.tune(
            train,
            space={"x": ts.Float(0, 1)},
            objective="minimize y",
            folder=tmp_path,
            budget=ts.Budget(trials=20, patience=4),
        )


def test_a_trial_may_run_a_study_of_its_own(tmp_path: Path) -> None:
    def inner(parameters: dict[str, float]) -> float:
        print("inner")
        return parameters["x"]

    def outer(parameters: dict[str, float], trial: ts.Trial) -> float:
        study = ts.tune(
            inner, space={"x": ts.Float(0, 1)}, objective="minimize y", budget=ts.Budget(trials=2), seed=trial.number
        )
        print("outer", trial.number)
        assert study.best is not None
        return study.best.metrics["y"]

    study = ts.tune(
        outer, space={"x": ts.Float(0, 1)}, objective="minimize y", budget=ts.Budget(trials=2), folder=tmp_path
    )
    assert study.history.counts[ts.State.COMPLETE] == 2
    logs = [(tmp_path / "trials" / f"{number:04d}" / "log.txt").read_text() for number in (0, 1)]
    assert logs == ["outer 0\n", "outer 1\n"]


def test_hundreds_of_slots_are_filled_while_further_proposals_are_made(tmp_path: Path) -> None:
    running = 0
    running_at_proposal: list[int] = []

    def submit(executor: ScriptedExecutor, request: TrialRequest, future: Future[Measurement]) -> None:
        nonlocal running
        running += 1
        future.set_result(Measurement(metrics={"y": 1.0}))

    class Proposer(RandomProposer):
        def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
            running_at_proposal.append(running)
            assert count <= 4
            return super().propose(history, count=count, seed=seed)

    executor = ScriptedExecutor(256, submit, submit)
    ts.Study(executor=executor, **{**options(tmp_path, 300), "proposer": Proposer()}).run()
    assert running_at_proposal[:4] == [0, 4, 8, 12]
    assert running == 300
