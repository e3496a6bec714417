"""A trial of a family that trains in epochs: reports, checkpoints, memory."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tests.contracts.test_forecasters import panel_of, seasonal

pytest.importorskip("torch")

import tunesmith as ts
from tunesmith.core.trial import Measurement, TrialRequest
from tunesmith.errors import TrialPruned
from tunesmith.execution.evaluation import run_trial
from tunesmith.fitting.forecasting.families import forecast_space, forecasters
from tunesmith.tasks.forecast import FORECAST_FILE, HISTORY_FILE, ForecastTask
from tunesmith.trial_folder.prepare import prepare

HORIZON, EPOCHS = 4, 4
LINEAR: dict[str, Any] = {
    "family": "rlinear",
    "rlinear.lookback": 12,
    "rlinear.learning_rate": 0.01,
    "rlinear.batch_size": 64,
    "rlinear.epochs": EPOCHS,
    "rlinear.weight_decay": 1e-4,
    "rlinear.loss": "MSELoss",
    "rlinear.dropout": 0.0,
}


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> ForecastTask:
    folder = tmp_path_factory.mktemp("series")
    panel_of([seasonal(300), seasonal(300, seed=1)]).save(folder / "panel")
    families = ("seasonal_naive", "rlinear", "patch_tst")
    return ForecastTask(panel="panel", folder=folder, horizon=HORIZON, windows=2, metric="mase", families=families)


def request(folder: Path, number: int = 1, **changed: Any) -> TrialRequest:
    """A trial in a folder that is prepared as the executor prepares it."""
    trial = TrialRequest(number=number, attempt=1, parameters=LINEAR, seed=0, folder=folder / f"{number:04d}")
    trial = replace(trial, **changed)
    prepare(trial)
    return trial


class Curve:
    """What a trial reports; stops it at an epoch."""

    def __init__(self, last: int | None = None, *, kill: bool = False) -> None:
        self.reports: dict[int, Mapping[str, float]] = {}
        self._last, self._kill = last, kill

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        self.reports[step] = metrics
        if step == self._last and self._kill:
            os.kill(os.getpid(), signal.SIGKILL)
        if step == self._last:
            raise TrialPruned("enough")


def history(trial: TrialRequest, measured: Measurement) -> dict[str, list[dict[str, float]]]:
    table: dict[str, list[dict[str, float]]] = json.loads(
        (trial.folder / measured.artifacts[HISTORY_FILE]).read_bytes()
    )
    return table


@pytest.fixture(scope="module")
def whole(task: ForecastTask, tmp_path_factory: pytest.TempPathFactory) -> tuple[Curve, dict[str, Any], Measurement]:
    """A trial that nothing interrupts."""
    curve, trial = Curve(), request(tmp_path_factory.mktemp("whole"))
    measured = task.evaluate(trial, curve)
    return curve, history(trial, measured), measured


def test_each_epoch_is_reported_with_the_score_of_the_backtest(whole: Any) -> None:
    curve, epochs, measured = whole
    assert list(curve.reports) == [1, 2, 3, 4], "windows are not reported on top"
    assert all(set(metrics) == {"mase", "training_loss", "validation_loss"} for metrics in curve.reports.values())
    best = min(epochs["backtest"], key=lambda epoch: epoch["validation_loss"])
    assert measured.metrics["mase"] == pytest.approx(curve.reports[int(best["number"])]["mase"], rel=1e-4)


def test_the_history_of_both_trainings_is_an_artifact(whole: Any) -> None:
    _, epochs, _ = whole
    assert set(epochs) == {"backtest", "whole"}
    assert [epoch["number"] for epoch in epochs["whole"]] == [1, 2, 3, 4]
    assert epochs["backtest"][-1]["training_loss"] < epochs["backtest"][0]["training_loss"]


def test_a_family_without_epochs_reports_windows(task: ForecastTask, tmp_path: Path) -> None:
    curve = Curve()
    parameters = {"family": "seasonal_naive", "seasonal_naive.season": 1}
    measured = task.evaluate(request(tmp_path, parameters=parameters), curve)
    assert list(curve.reports) == [1, 2]
    assert HISTORY_FILE not in measured.artifacts


def test_a_killed_trial_goes_on_from_its_last_epoch(task: ForecastTask, tmp_path: Path, whole: Any) -> None:
    trial = request(tmp_path)
    if (child := os.fork()) == 0:
        task.evaluate(trial, Curve(last=3, kill=True))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    curve, again = Curve(), request(tmp_path, attempt=2)
    measured = task.evaluate(again, curve)
    assert list(curve.reports) == [4]
    same = [
        [{**epoch, "seconds": 0} for epoch in epochs]
        for epochs in (history(again, measured)["backtest"], whole[1]["backtest"])
    ]
    assert same[0] == same[1]
    assert measured.metrics["mase"] == whole[2].metrics["mase"]


def test_another_trial_goes_on_from_a_pruned_one(task: ForecastTask, tmp_path: Path) -> None:
    pruned = request(tmp_path)
    with pytest.raises(TrialPruned):
        task.evaluate(pruned, Curve(last=2))
    curve = Curve()
    longer = {**LINEAR, "rlinear.epochs": 6}
    promoted = request(tmp_path, number=2, parameters=longer, inherits=pruned.folder)
    measured = task.evaluate(promoted, curve)
    assert list(curve.reports) == [3, 4, 5, 6]
    assert [epoch["number"] for epoch in history(promoted, measured)["backtest"]] == [1, 2, 3, 4, 5, 6]


def test_a_trial_that_does_not_fit_in_memory_fails_before_it_starts(task: ForecastTask, tmp_path: Path) -> None:
    usual = forecasters(task.loaded, HORIZON, ["patch_tst"])["patch_tst"].configurations(task.loaded, HORIZON)[0]
    large = {**usual, "lookback": 240, "patch": 4, "heads": 8, "head_width": 32, "hidden": 512, "layers": 4}
    parameters = {"family": "patch_tst", **{f"patch_tst.{key}": value for key, value in large.items()}}
    limit = psutil.Process().memory_info().rss + 100_000_000
    curve, trial = Curve(), request(tmp_path, parameters=parameters, memory_bytes=limit)
    result = run_trial(lambda: task, trial, curve)
    assert result["state"] == "failed"
    assert result["failure"]["kind"] == "memory"
    assert result["failure"]["reason"].startswith("it was not started: to train its")
    assert curve.reports == {}


def test_constraints_on_size_and_latency_decide(task: ForecastTask, tmp_path: Path, whole: Any) -> None:
    """The measured ones of the network; the naive model is worse, but keeps to them."""
    measured = whole[2].metrics
    assert measured["model_mb"] > 0
    assert measured["forecast_seconds"] > 0
    for limit in ("model_mb", "forecast_seconds"):
        objective = ts.Objective((ts.Metric("mase"),), (ts.Constraint(limit, high=measured[limit] / 2),))
        study = ts.Study(space=forecast_space(forecasters(task.loaded, HORIZON, task.families)), objective=objective)
        study.add({"family": "seasonal_naive", "seasonal_naive.season": 1}, {"mase": 9.0, limit: 0.0})
        study.add(LINEAR, dict(measured))
        assert study.best is not None
        assert study.best.parameters["family"] == "seasonal_naive"


@pytest.mark.parametrize(("seconds", "purposes"), [(1e6, ["backtest"]), (1e-6, ["backtest", "whole"])])
def test_without_time_for_as_many_epochs_the_model_of_the_backtest_is_kept(
    seconds: float, purposes: list[str], task: ForecastTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is hardly trained on all values may be much worse than what was measured."""
    fit = ForecastTask._fit

    def timed(*args: Any, **options: Any) -> Any:
        return fit(*args, **options)[0], seconds

    monkeypatch.setattr(ForecastTask, "_fit", timed)
    trial = request(tmp_path)
    measured = replace(task, ends=time.monotonic() + 1_000).evaluate(trial, Curve())
    assert list(history(trial, measured)) == purposes
    assert np.isfinite(np.load(trial.folder / measured.artifacts[FORECAST_FILE])).all()
