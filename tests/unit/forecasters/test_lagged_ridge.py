"""Ridge regression on lags: its intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tunesmith.fitting.forecasting.options import SeriesOptions
from tunesmith.fitting.forecasting.prepare import series_of
from tunesmith.forecasters.base import ForecastPart
from tunesmith.forecasters.lagged_ridge import LaggedRidgeForecaster
from tunesmith.series.levels import LEVELS, MEDIAN


def test_intervals_stay_wide_where_a_short_series_is_fitted_almost_exactly() -> None:
    low, high, covered = LEVELS.index(0.1), LEVELS.index(0.9), []
    for seed in range(12):
        random = np.random.default_rng(seed)
        values = 100 + np.cumsum(random.normal(size=60)) + 10 * np.sin(2 * np.pi * np.arange(60) / 12)
        stamps = pd.date_range("2000-01-01", periods=48, freq="MS")
        panel = series_of(pd.DataFrame({"time": stamps, "y": values[:48]}), SeriesOptions(targets=("y",)))
        family = LaggedRidgeForecaster()
        model = family.fit(ForecastPart(panel=panel, horizon=12, seed=0), family.configurations(panel, 12)[0])
        forecast = model.forecast(panel, 12)[0]
        covered.append(np.mean((forecast[:, low] <= values[48:]) & (values[48:] <= forecast[:, high])))
    assert np.mean(covered) > 0.5


def test_only_a_drift_carries_the_trend_of_the_training_part_on() -> None:
    random = np.random.default_rng(0)
    rising = pd.DataFrame({"y": np.arange(300) + random.normal(size=300)}, index=pd.RangeIndex(300, name="time"))
    flat = pd.DataFrame({"y": 5 + 0.01 * random.normal(size=300)}, index=rising.index)
    columns = SeriesOptions(targets=("y",))
    known, level = (series_of(frame.reset_index(), columns) for frame in (rising, flat))
    slopes = {}
    for drift in (True, False):
        parameters = {"lookback": 6, "strength": 1e-3, "center": "last", "scaled": False, "drift": drift}
        model = LaggedRidgeForecaster().fit(ForecastPart(panel=known, horizon=12, seed=0), parameters)
        slopes[drift] = (model.forecast(level, 12)[0, -1, MEDIAN] - 5) / 12
    assert slopes[False] == pytest.approx(0, abs=0.05)
    assert slopes[True] > 0.2


@pytest.mark.parametrize("scaled", [True, False])
def test_a_forecast_has_the_unit_of_its_series(scaled: bool) -> None:
    random = np.random.default_rng(0)
    values = np.sin(np.arange(300) / 4) + random.normal(size=300)
    parameters = {"lookback": 24, "strength": 100.0, "center": "last", "scaled": scaled, "drift": True}
    forecasts = []
    for unit in (1.0, 1000.0):
        panel = series_of(pd.DataFrame({"time": np.arange(300), "y": unit * values}), SeriesOptions(targets=("y",)))
        model = LaggedRidgeForecaster().fit(ForecastPart(panel=panel, horizon=6, seed=0), parameters)
        forecasts.append(model.forecast(panel, 6)[0] / unit)
    np.testing.assert_allclose(forecasts[0], forecasts[1], rtol=1e-6, atol=1e-9)
