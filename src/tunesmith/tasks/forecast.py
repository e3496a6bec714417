"""Time series as the task: each trial backtests one configuration of one family of forecasting models."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import orjson

from .. import plugins
from ..core.arrays import Floats
from ..core.trial import CHECKPOINT_FOLDER, Failure, Measurement, Reporter, TrialFailed, TrialRequest, Value
from ..ensembles.pipeline import megabytes
from ..families.base import own_parameters
from ..forecasters.base import BASELINE, Forecaster, ForecastModel, ForecastPart
from ..series.backtest import Backtest
from ..series.bounds import bounded
from ..series.panel import Panel
from ..series.scores import forecast_score
from ..text.shell import command
from ..trial_folder.artifacts import find_artifacts
from ..trial_folder.metrics import write_metrics
from ..trial_folder.names import ARTIFACTS_FOLDER
from .base import TaskContext, build_task

if TYPE_CHECKING:
    from ..core.space import SearchSpace

logger = logging.getLogger(__name__)

BACKTEST_FILE = "backtest.npy"
"""The forecasts of the windows of the backtest; shape `(rows, steps, levels)`, see `Backtest`."""
FORECAST_FILE = "forecast.npy"
"""The forecasts after the end of each series; shape `(series, horizon, levels)`."""
MODEL_FOLDER = "model"
"""The model that was trained on all values; see `ForecastTask.evaluate`."""
HISTORY_FILE = "history.json"
"""Metrics per epoch of a family that trains in epochs: before the backtest, and on everything."""

_SPARE = 0.9
"""Of the time of a trial of a network, what its two trainings may take."""


@dataclass(frozen=True, kw_only=True)
class ForecastTask:
    """Trains a configuration before each window of a backtest, scores its forecasts, and trains it on everything.

    The parameter `family` names the family, and `FAMILY.NAME` a hyperparameter. The artifacts of a trial are its
    forecasts of the backtest, the model that was trained on all values, and its forecasts.

    Args:
        panel: The folder that `Panel.save` wrote.
        horizon: The steps to forecast.
        windows: The most windows of the backtest.
        stride: The steps from one window to the next; None for the horizon.
        metric: The metric's name.
        families: The families that trials may use.
        also: Further metrics that trials report.
        folder: What a relative `panel` is relative to.
        ends: When trials must have ended, by `time.monotonic()` on this machine; None for no limit.
    """

    panel: str
    horizon: int
    windows: int
    metric: str
    stride: int | None = None
    families: Sequence[str] = ()
    also: Sequence[str] = ()
    folder: Path | str = "."
    ends: float | None = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load the series and the libraries where the task is unpickled: in a worker, which forks every trial."""
        self.__dict__.update(state)
        _ = self.backtest.parts
        for family in self.families:
            for library in plugins.load("forecasters", family).libraries:
                importlib.import_module(library)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name in self.__dataclass_fields__}

    @classmethod
    def from_table(cls, table: Mapping[str, Any], context: TaskContext) -> Self:
        """Return the task of a `[task]` table, without its `kind`."""
        return build_task(cls, {"metric": context.metric, **table}, folder=context.folder)

    @cached_property
    def loaded(self) -> Panel:
        """The series."""
        return Panel.load(Path(self.folder) / self.panel)

    @cached_property
    def backtest(self) -> Backtest:
        """The windows that forecasts are scored on."""
        return Backtest(panel=self.loaded, horizon=self.horizon, windows=self.windows, stride=self.stride)

    def check(self, space: SearchSpace) -> None:
        """Check that the series can be read, and that the metric exists."""
        forecast_score(self.metric)
        _ = self.loaded

    def defaults(self) -> Mapping[str, Value]:
        """Return the configuration of trial 0: the last season again."""
        return {"family": BASELINE, f"{BASELINE}.season": 1}

    @property
    def has_test(self) -> bool:
        """Whether there is a held-out test split."""
        return False

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Backtest one configuration, and train it on all values.

        A family whose models are trained once for all series is trained before the earliest window, and forecasts the
        later ones with what was known then; where series are short and training is cheap, it is trained again before
        later ones. After each window the score so far is reported; by a family that trains in
        epochs, the score of the whole backtest after each epoch instead. Such a training goes on from a checkpoint.
        Where the time that is left is too short to train such a model on all values for as many epochs, the model of
        the backtest is kept, as one that is hardly trained may be much worse.

        Besides the score the metrics are what it costs: the seconds of training and backtesting, those of one
        forecast of all series, and the size of the model.

        Raises:
            TrialPruned: `report` raised it.
            TrialFailed: The training would need too much memory.
        """
        started = time.monotonic()
        limits = [self.ends, request.timeout_seconds and started + request.timeout_seconds]
        ends = min((limit for limit in limits if limit is not None), default=None)
        family: Forecaster = plugins.load("forecasters", str(request.parameters["family"]))()
        folder, parts = request.folder / ARTIFACTS_FOLDER, self.backtest.parts
        curves: dict[str, list[Mapping[str, float]]] = {}
        trainings = self._trainings(family)
        rows: list[np.ndarray] = []
        done = 0
        for number, part in enumerate(parts):
            if number == 0 or trainings[number] != trainings[number - 1]:
                known = self.backtest.before(trainings[number])
                more = float(self.loaded.lengths.sum() / known.lengths.sum())
                share = _SPARE / (1 + more) if family.profile.train_cost == "high" else 0.5
                model, seconds = self._fit(
                    family, request, known, _part_of_time(ends, share), "backtest", curves, report
                )
                needed = more * seconds
            rows.append(self._forecast(model, part.history))
            done += len(part.series)
            if not curves:
                report(number + 1, {self.metric: self._score(self.metric, np.concatenate(rows), done)})
        if curves and ends is not None and time.monotonic() + needed > ends:
            logger.warning("the model of the backtest is kept: there is no time to train one on all values as long.")
            whole = model
        else:
            whole, _ = self._fit(family, request, self.loaded, ends, "whole", curves)
        trained = time.monotonic() - started
        future = _checked(bounded(whole.forecast(self.loaded, self.horizon), self.loaded))
        predicting = time.monotonic() - started - trained
        (folder / MODEL_FOLDER).mkdir(parents=True)
        whole.save(folder / MODEL_FOLDER)
        shutil.rmtree(request.folder / CHECKPOINT_FOLDER / "whole", ignore_errors=True)  # The model is better.
        if curves:
            (folder / HISTORY_FILE).write_bytes(orjson.dumps(curves, option=orjson.OPT_INDENT_2))
        backtest = np.concatenate(rows)
        np.save(folder / BACKTEST_FILE, backtest)
        np.save(folder / FORECAST_FILE, future.astype(np.float32))
        metrics = {name: self._score(name, backtest, done) for name in (self.metric, *self.also)} | {
            "fit_seconds": trained,
            "forecast_seconds": predicting,
            "model_mb": megabytes(folder / MODEL_FOLDER) + getattr(whole, "weights_bytes", 0) / 1e6,
        }
        write_metrics(request.folder, metrics)
        return Measurement(metrics=metrics, artifacts=find_artifacts(request.folder))

    def _trainings(self, family: Forecaster) -> Sequence[int]:
        """Return for each window the one before which a model is trained; see `Backtest.trainings`."""
        profile = family.profile
        if profile.is_local or profile.is_pretrained or profile.train_cost == "high":
            return [len(self.backtest.parts) - 1] * len(self.backtest.parts)
        return self.backtest.trainings

    def _fit(
        self,
        family: Forecaster,
        request: TrialRequest,
        panel: Panel,
        ends: float | None,
        purpose: Literal["backtest", "whole"],
        curves: dict[str, list[Mapping[str, float]]],
        report: Reporter | None = None,
    ) -> tuple[ForecastModel, float]:
        """Return a model, and the seconds of its training, without those that scoring its epochs took.

        Args:
            family: What is trained.
            request: The trial.
            panel: The series up to the origin.
            ends: When the training must have ended.
            purpose: What the model is for; the folder of its checkpoint has this name.
            curves: Where the epochs of the training are noted, by purpose.
            report: Called with each epoch's number and metrics.
        """
        name = str(request.parameters["family"])
        parameters = own_parameters(request.parameters, name)

        began, scoring = time.monotonic(), 0.0

        def follow(epochs: Sequence[Mapping[str, float]], model: ForecastModel) -> None:
            nonlocal scoring
            curves[purpose], epoch = list(epochs), epochs[-1]
            if report is not None:
                paused = time.monotonic()
                backtest = np.concatenate([self._forecast(model, part.history) for part in self.backtest.parts])
                losses = {key: epoch[key] for key in ("training_loss", "validation_loss")}
                report(int(epoch["number"]), {self.metric: self._score(self.metric, backtest, len(backtest)), **losses})
                scoring += time.monotonic() - paused

        part = ForecastPart(
            panel=panel,
            horizon=self.horizon,
            seed=request.seed,
            threads=int(os.environ.get("OMP_NUM_THREADS") or 1),
            deadline=ends,
            memory_bytes=request.memory_bytes,
            checkpoint=request.folder / CHECKPOINT_FOLDER / purpose,
            on_epoch=follow,
        )
        model = family.fit(part, parameters)
        return model, time.monotonic() - began - scoring

    def _forecast(self, model: ForecastModel, history: Panel) -> np.ndarray:
        """Return a model's forecasts of a window of the backtest, shape `(rows, steps, levels)`."""
        return _checked(bounded(model.forecast(history, self.backtest.steps), history)).astype(np.float32)

    def _score(self, metric: str, forecast: Floats, rows: int) -> float:
        """Return a metric of the forecasts of the first rows of the backtest."""
        backtest = self.backtest
        return forecast_score(metric).mean(backtest.actual[:rows], forecast.astype(np.float64), backtest.scales[:rows])

    def reproduce(self, request: TrialRequest) -> str:
        """Return a command that runs the trial again."""
        return command("tunesmith", "reproduce", request.folder.parent.parent, request.number)

    def to_table(self) -> dict[str, Any]:
        """Return the `[task]` table of study.toml that describes it."""
        return {
            "kind": "forecast",
            "panel": str(Path(self.folder).absolute() / self.panel),
            "horizon": self.horizon,
            "windows": self.windows,
            "stride": self.stride,
            "metric": self.metric,
            "families": list(self.families),
            "also": list(self.also),
        }


def _part_of_time(ends: float | None, share: float) -> float | None:
    """Return when a share of the time until a moment is over."""
    now = time.monotonic()
    return None if ends is None else now + share * (ends - now)


def _checked(forecast: Floats) -> Floats:
    """Return a forecast of finite numbers.

    Raises:
        TrialFailed: It is none, as of a training that diverged.
    """
    if not np.isfinite(forecast).all():
        raise TrialFailed(Failure(kind="metric", reason="the forecasts must be finite numbers, but some are not"))
    return forecast
