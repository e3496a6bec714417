"""The contract of an executor, as a function that a test calls.

>>> import tempfile
>>> from tunesmith.executors.inline import InlineExecutor
>>> check_executor(InlineExecutor(), Path(tempfile.mkdtemp()))
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..core.trial import Measurement, Trial, TrialFailed, TrialRequest
from ..errors import TrialPruned
from ..executors.base import Executor
from ..tasks.function import FunctionTask

_REPORTS = 5
_PATIENCE_SECONDS = 120.0


def check_executor(executor: Executor, folder: Path) -> None:
    """Check that an executor does what the protocol demands and what its own capabilities claim.

    Args:
        executor: Fresh. With two slots or more, it is checked that trials run at the same time.
        folder: An empty folder for the trials.

    Raises:
        AssertionError: It breaks its contract; the message says how.
    """
    bench = _Bench(executor, folder)
    can = executor.capabilities
    assert can.slots >= 1, "an executor needs at least one slot"
    with executor:
        bench.open()
        _check_measurements(bench)
        _check_failures(bench)
        if can.in_process:
            _check_pruning_in_process(bench)
        if can.reports == "live" and can.shared_folder and not can.in_process:
            _check_live_reports(bench)
        if can.slots >= 2 and can.shared_folder:
            _check_slots(bench)
        if can.can_stop:
            _check_stop(bench)
        if "seconds" in can.enforces:
            bench.check_failure(bench.request(30, "hang", timeout_seconds=0.5), "timeout", "0.5")
        if "memory" in can.enforces:
            bench.check_failure(bench.request(31, "grow", memory_bytes=300_000_000), "memory", "300 MB")
    with executor:
        bench.open()
        _check_recovery(bench)
        goes_on = can.shared_folder and (can.outlives_session or not can.can_stop) and not can.in_process
        if goes_on:
            left = bench.request(40, "wait for go")
            bench.executor.submit(bench.task, left)
            _wait_for(left.folder / "waits")
            left_at = time.monotonic()
    if goes_on:
        assert time.monotonic() - left_at < _PATIENCE_SECONDS, "leaving must not wait for a trial that goes on"
        with executor:
            bench.open()
            _check_reattachment(bench, left, must=can.outlives_session)


class _Bench:
    """An executor under test, and the reports of its trials."""

    def __init__(self, executor: Executor, folder: Path) -> None:
        self.executor = executor
        self.folder = folder
        self.task = FunctionTask(function=_train, metric="y")
        self.steps: dict[int, list[int]] = {}
        self.prunes: set[int] = set()

    def open(self) -> None:
        """Begin a session. Late reports of an earlier one are not mixed with those of this one."""
        self.steps = {}
        self.executor.open(partial(self._on_report, self.steps), folder=self.folder)

    def request(self, number: int, how: str, **limits: Any) -> TrialRequest:
        parameters = {"how": how, "x": number + 0.5}
        folder = self.folder / f"{number:04d}"
        return TrialRequest(number=number, attempt=1, parameters=parameters, seed=7, folder=folder, **limits)

    def submit(self, request: TrialRequest) -> Future[Measurement]:
        return self.executor.submit(self.task, request)

    def check_reports(self, number: int) -> None:
        expected = [] if self.executor.capabilities.reports == "none" else list(range(_REPORTS))
        steps = self.steps.get(number, [])
        assert steps == expected, f"trial {number}: expected reports of {expected} before its end, got {steps}"

    def check_failure(self, request: TrialRequest, kind: str, words: str) -> None:
        error = self.submit(request).exception(timeout=_PATIENCE_SECONDS)
        assert isinstance(error, TrialFailed), f"expected TrialFailed from a trial that fails, got {error!r}"
        assert error.failure.kind == kind, f"expected a failure of kind {kind}, got {error.failure}"
        assert words in error.failure.reason, f"expected '{words}' in the reason, got {error.failure.reason}"

    def _on_report(
        self, steps: dict[int, list[int]], number: int, attempt: int, step: int, metrics: Mapping[str, float]
    ) -> None:
        assert metrics == {"y": float(step)}, f"trial {number} reported {metrics} at step {step}"
        steps.setdefault(number, []).append(step)
        if number in self.prunes:
            raise TrialPruned("not worth finishing")


def _train(parameters: dict[str, Any], trial: Trial) -> dict[str, float]:
    """Behave as the parameter `how` says."""
    assert trial.folder is not None
    how = parameters["how"]
    print(f"trial {trial.number} begins")
    held = []
    while how in ("hang", "grow"):
        time.sleep(0.01)
        if how == "grow":
            held.append(bytearray(20_000_000))
    if how == "meet":
        (trial.folder.parent / f"here{trial.number}").touch()
        _wait_for(trial.folder.parent / f"here{trial.number ^ 1}")
    for step in range(_REPORTS):
        trial.report(step, y=float(step))
        if how == "wait for go" and step == 1:
            (trial.folder / "waits").touch()
            _wait_for(trial.folder / "go")
    if how == "fail":
        raise ValueError("no such luck")
    if how == "no number":
        return {"y": float("nan")}
    weights = trial.checkpoint / "weights"
    weights.write_text(weights.read_text() + "1" if weights.exists() else "1")
    trial.artifact("curves/loss.csv").write_text("step,y\n")
    return {"y": float(parameters["x"]), "seed": float(trial.seed)}


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"waited in vain for {path}"
        time.sleep(0.01)


def _check_measurements(bench: _Bench) -> None:
    first = bench.request(0, "complete")
    second = replace(bench.request(1, "complete"), inherits=first.folder)
    again = replace(second, attempt=2)
    for request in (first, second, again):
        bench.steps.clear()
        measurement = bench.submit(request).result(timeout=_PATIENCE_SECONDS)
        _check_measurement(measurement, request)
        bench.check_reports(request.number)
    weights = [(request.folder / "checkpoint" / "weights").read_text() for request in (first, second)]
    assert weights == ["1", "111"], "expected trial 1 to continue from trial 0's checkpoint, and then from its own"
    assert "attempt 2 begins" in (second.folder / "log.txt").read_text(), "the log must tell attempts apart"


def _check_measurement(measurement: Measurement, request: TrialRequest) -> None:
    folder = request.folder
    assert measurement.metrics == {"y": request.number + 0.5, "seed": 7.0}, f"measured {measurement.metrics}"
    assert measurement.artifacts == {"curves/loss.csv": "artifacts/curves/loss.csv"}, f"got {measurement.artifacts}"
    assert (folder / "artifacts/curves/loss.csv").read_text() == "step,y\n", "artifacts must reach the trial's folder"
    assert measurement.seconds is not None, "a measurement must have its seconds"
    assert measurement.seconds >= 0
    assert json.loads((folder / "parameters.json").read_text()) == dict(request.parameters)
    assert json.loads((folder / "metrics.json").read_text()) == dict(measurement.metrics)
    assert json.loads((folder / "environment.json").read_text())["attempt"] == request.attempt
    lines = [json.loads(line) for line in (folder / "reports.jsonl").read_text().splitlines()]
    assert lines == [{"step": step, "y": float(step)} for step in range(_REPORTS)], f"reports.jsonl holds {lines}"
    assert "begins" in (folder / "log.txt").read_text(), "output must go to the trial's log"
    assert (folder / "checkpoint" / "weights").exists(), "files in the checkpoint must stay"


def _check_failures(bench: _Bench) -> None:
    bench.check_failure(bench.request(2, "fail"), "exception", "ValueError: no such luck")
    bench.check_failure(bench.request(3, "no number"), "metric", "finite")


def _check_pruning_in_process(bench: _Bench) -> None:
    bench.prunes.add(4)
    future = bench.submit(bench.request(4, "complete"))
    assert future.done(), "an in-process executor runs a trial within submit"
    assert isinstance(future.exception(), TrialPruned), "TrialPruned from on_report must end the trial"
    assert bench.steps[4] == [0], "a pruned trial must not go on"


def _check_live_reports(bench: _Bench) -> None:
    request = bench.request(10, "wait for go")
    future = bench.submit(request)
    _wait_until(lambda: 1 in bench.steps.get(10, []), "a report of a running trial")
    assert not future.done()
    (request.folder / "go").touch()
    _check_measurement(future.result(timeout=_PATIENCE_SECONDS), request)
    bench.check_reports(10)


def _check_slots(bench: _Bench) -> None:
    futures = [bench.submit(bench.request(number, "meet")) for number in (20, 21)]
    for future in futures:
        future.result(timeout=_PATIENCE_SECONDS)


def _check_stop(bench: _Bench) -> None:
    future = bench.submit(bench.request(25, "hang"))
    bench.executor.stop(25)
    bench.executor.stop(9999)
    error = future.exception(timeout=_PATIENCE_SECONDS)
    assert isinstance(error, TrialPruned), f"expected TrialPruned from a trial that was stopped, got {error!r}"


def _check_recovery(bench: _Bench) -> None:
    """Check what a later session finds of trials that have ended."""
    complete, failed = bench.request(0, "complete"), bench.request(2, "fail")
    future = bench.executor.recover(complete)
    assert future is not None, "a trial that has ended must be recovered from its folder"
    _check_measurement(future.result(timeout=_PATIENCE_SECONDS), complete)
    bench.check_reports(0)
    future = bench.executor.recover(failed)
    assert future is not None, "a trial that has failed must be recovered from its folder"
    error = future.exception(timeout=_PATIENCE_SECONDS)
    assert isinstance(error, TrialFailed), f"expected TrialFailed, got {error!r}"
    assert error.failure.kind == "exception"
    assert bench.executor.recover(replace(complete, attempt=2)) is None, "an attempt without a result is lost"
    assert bench.executor.recover(bench.request(99, "complete")) is None, "a trial that never started is lost"


def _check_reattachment(bench: _Bench, request: TrialRequest, *, must: bool) -> None:
    """Check that a trial that went on after its session is attached to, or lost if the executor may lose it."""
    future = bench.executor.recover(request)
    assert future is not None or not must, "a trial that outlives its session must be found again"
    (request.folder / "go").touch()
    if future is not None:
        _check_measurement(future.result(timeout=_PATIENCE_SECONDS), request)
        bench.check_reports(request.number)


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)
