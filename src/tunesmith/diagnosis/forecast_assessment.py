"""How good forecasts are in a backtest: by metric, by step, by series, beside the best single model and a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.arrays import Floats
from ..core.trial import Value
from ..series.analysis import SeriesAnalysis
from ..series.backtest import Backtest
from ..series.levels import MEDIAN
from ..series.scores import SCORES, coverage


@dataclass(frozen=True, kw_only=True)
class ForecastRow:
    """One trained model.

    Args:
        trial: The number of its trial.
        title: Its family, for people.
        parameters: Its hyperparameters.
        score: The metric in the backtest.
        weight: Its share of the forecast; 0 if it is not in the ensemble.
        seconds: The time of its trial.
        model_bytes: The size of its model.
        pretrained: Whether others trained it, perhaps on these series.
    """

    trial: int
    title: str
    parameters: Mapping[str, Value]
    score: float
    weight: float
    seconds: float | None
    model_bytes: float | None
    pretrained: bool = False


@dataclass(frozen=True, kw_only=True)
class ForecastAssessment:
    """What is known about the forecasts of an ensemble.

    Args:
        metric: The metric that it was chosen by.
        backtest: The windows.
        forecast: The ensemble's forecasts of them, shape `(rows, steps, levels)`.
        single: Those of the best single model.
        baseline: Those of repeating the last season.
        future: The forecasts after the ends of the series, shape `(series, horizon, levels)`.
        rows: Every trained model, the best first.
        analysis: What was noticed about the series.
    """

    metric: str
    backtest: Backtest
    forecast: Floats
    single: Floats
    baseline: Floats
    future: Floats
    rows: Sequence[ForecastRow]
    analysis: SeriesAnalysis

    def score(self, name: str, forecast: Floats) -> float:
        """Return a metric of forecasts of the windows."""
        return SCORES[name].mean(self.backtest.actual, forecast, self.backtest.scales)

    @cached_property
    def metrics(self) -> Mapping[str, tuple[float, float, float]]:
        """Each metric of the ensemble, of the best single model and of the baseline; the chosen one first."""
        names = [self.metric, *(name for name in SCORES if name != self.metric)]
        return {
            name: (self.score(name, self.forecast), self.score(name, self.single), self.score(name, self.baseline))
            for name in names
        }

    @property
    def coverage(self) -> float:
        """The share of what was observed that lies in the interval of 80 %."""
        return coverage(self.backtest.actual, self.forecast)

    @property
    def shares_below(self) -> Floats:
        """The share of what was observed that lies below each quantile, shape `(levels,)`."""
        actual = self.backtest.actual
        known = np.isfinite(actual)
        return np.asarray((actual[known][:, None] <= self.forecast[known]).mean(axis=0))

    @property
    def errors_by_window(self) -> tuple[Floats, Floats]:
        """The mean scaled absolute error of each window, of the ensemble and the baseline, the latest first."""
        sizes = [len(part.series) for part in self.backtest.parts]
        windows = np.repeat(np.arange(len(sizes)), sizes)
        ours, baseline = (
            np.array([_means(errors[windows == number].reshape(1, -1), axis=1)[0] for number in range(len(sizes))])
            for errors in (self._errors(self.forecast), self._errors(self.baseline))
        )
        return ours, baseline

    @property
    def errors_by_step(self) -> tuple[Floats, Floats]:
        """The mean scaled absolute error of each step, of the ensemble and of the baseline; shape `(steps,)` each."""
        return self._by_step(self.forecast), self._by_step(self.baseline)

    def _by_step(self, forecast: Floats) -> Floats:
        return _means(self._errors(forecast), axis=0)

    def _errors(self, forecast: Floats) -> Floats:
        """Return the scaled absolute errors, NaN where nothing was observed; shape `(rows, steps)`."""
        return np.asarray(np.abs(self.backtest.actual - forecast[..., MEDIAN]) / self.backtest.scales[:, :1])

    @cached_property
    def errors_by_series(self) -> Floats:
        """The mean scaled absolute error of each series, NaN where it has none; shape `(series,)`."""
        return self._by_series(self.forecast)

    @cached_property
    def baseline_by_series(self) -> Floats:
        """The mean scaled absolute error of the baseline for each series, NaN where it has none; shape `(series,)`."""
        return self._by_series(self.baseline)

    def _by_series(self, forecast: Floats) -> Floats:
        means = _means(self._errors(forecast), axis=1)
        known, count = np.isfinite(means), len(self.backtest.panel)
        sums = np.bincount(self.backtest.series[known], means[known], minlength=count)
        times = np.bincount(self.backtest.series[known], minlength=count)
        return np.asarray(np.divide(sums, times, out=np.full(count, np.nan), where=times > 0))


def _means(errors: Floats, axis: int) -> Floats:
    """Return means along an axis without what is NaN; NaN where all is."""
    known = np.isfinite(errors)
    sums, counts = np.where(known, errors, 0.0).sum(axis), known.sum(axis)
    return np.asarray(np.divide(sums, counts, out=np.full(counts.shape, np.nan), where=counts > 0))
