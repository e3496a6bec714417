"""The range of forecasts."""

from __future__ import annotations

import numpy as np
from tests.contracts.test_forecasters import panel_of

from tunesmith.series.bounds import bounded


def test_only_series_that_were_never_negative_stay_above_0() -> None:
    panel = panel_of([np.array([0.0, 3.0]), np.array([-1.0, 3.0])])
    forecast = np.array([[[-2.0, 1.0]], [[-2.0, 1.0]]])
    assert bounded(forecast, panel).tolist() == [[[0.0, 1.0]], [[-2.0, 1.0]]]


def test_what_comes_later_does_not_count() -> None:
    panel = panel_of([np.array([1.0, 3.0, -5.0])]).select(np.array([0]), np.array([2]))
    assert bounded(np.full((1, 1, 2), -2.0), panel).tolist() == [[[0.0, 0.0]]]
