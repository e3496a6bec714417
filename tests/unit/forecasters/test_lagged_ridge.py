"""Ridge regression on lags: its intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunesmith.fitting.forecasting.options import SeriesOptions
from tunesmith.fitting.forecasting.prepare import series_of
from tunesmith.forecasters.base import ForecastPart
from tunesmith.forecasters.lagged_ridge import LaggedRidgeForecaster
from tunesmith.series.levels import LEVELS


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
