"""What every executor has to keep, as a function that a test calls.

>>> import tempfile
>>> from tunesmith.executors.inline import InlineExecutor
>>> check_executor(InlineExecutor(), Path(tempfile.mkdtemp()))
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.trial import Trial, TrialFailed, TrialRequest
from ..errors import TrialPruned
from ..executors.base import Executor
from ..tasks.function import FunctionTask

_REPORTS = 5


def _train(parameters: dict[str, Any], trial: Trial) -> dict[str, float]:
    """Do what the parameter `how` says."""
    print(f"trial {trial.number} begins")
    for step in range(_REPORTS):
        trial.report(step, y=float(step))
    if parameters["how"] == "fail":
        raise ValueError("no such luck")
    if parameters["how"] == "no number":
        return {"y": float("nan")}
    weights = trial.checkpoint / "weights"
    weights.write_text(weights.read_text() + "1" if weights.exists() else "1")
    return {"y": float(parameters["x"]), "seed": float(trial.seed)}


def check_executor(executor: Executor, folder: Path) -> None:
    """Check that an executor measures, fails, reports and prunes as the study relies on.

    Args:
        executor: Fresh, with at least one slot.
        folder: An empty folder for the trials.

    Raises:
        AssertionError: It does not keep its contract; the message says what.
    """
    heard: dict[int, list[int]] = {}

    def on_report(number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> None:
        assert metrics == {"y": float(step)}, f"trial {number} reported {metrics}"
        heard.setdefault(number, []).append(step)
        if number == 3 and executor.capabilities.in_process:
            raise TrialPruned("not worth finishing")

    task = FunctionTask(function=_train, metric="y")
    with executor:
        executor.open(on_report)
        assert executor.capabilities.slots >= 1, "an executor needs at least one slot"
        _check_complete(executor, task, _request(folder, 0, "complete"), heard)
        _check_failed(executor, task, _request(folder, 1, "fail"), "exception", "ValueError: no such luck")
        _check_failed(executor, task, _request(folder, 2, "no number"), "metric", "finite")
        if executor.capabilities.in_process:
            future = executor.submit(task, _request(folder, 3, "complete"))
            assert isinstance(future.exception(), TrialPruned), "a report that raises TrialPruned must end the trial"
            assert heard[3] == [0], "a pruned trial must not go on"
        first = _request(folder, 4, "complete")
        _check_complete(executor, task, first, heard)
        second = replace(_request(folder, 5, "complete"), inherits=first.folder)
        _check_complete(executor, task, second, heard)
        weights = [(request.folder / "checkpoint" / "weights").read_text() for request in (first, second)]
        assert weights == ["1", "11"], "a trial that inherits must find a copy of the other's checkpoint"


def _request(folder: Path, number: int, how: str) -> TrialRequest:
    parameters = {"how": how, "x": number + 0.5}
    return TrialRequest(number=number, attempt=1, parameters=parameters, seed=7, folder=folder / f"{number:04d}")


def _check_complete(
    executor: Executor, task: FunctionTask, request: TrialRequest, heard: Mapping[int, list[int]]
) -> None:
    measured = executor.submit(task, request).result(timeout=120)
    assert measured.metrics == {"y": request.number + 0.5, "seed": 7.0}, f"measured {measured.metrics}"
    assert heard.get(request.number) == list(range(_REPORTS)), "every report must be heard, in order, before the end"
    assert measured.seconds is not None, "a measurement tells its seconds"
    assert measured.seconds >= 0
    folder = request.folder
    assert json.loads((folder / "parameters.json").read_text()) == dict(request.parameters)
    assert json.loads((folder / "metrics.json").read_text()) == dict(measured.metrics)
    assert "begins" in (folder / "log.txt").read_text(), "what a trial prints goes to its log"
    assert (folder / "environment.json").exists()
    assert (folder / "checkpoint" / "weights").exists(), "what a trial leaves in its checkpoint stays"


def _check_failed(executor: Executor, task: FunctionTask, request: TrialRequest, kind: str, words: str) -> None:
    error = executor.submit(task, request).exception(timeout=120)
    assert isinstance(error, TrialFailed), f"a trial that fails must raise TrialFailed, not {error!r}"
    assert error.failure.kind == kind, f"failed as {error.failure.kind}, not {kind}"
    assert words in error.failure.reason, f"the reason was {error.failure.reason}"
