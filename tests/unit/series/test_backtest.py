"""Windows of a backtest."""

from __future__ import annotations

import numpy as np
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.series.backtest import Backtest


def test_windows_are_the_last_steps_one_horizon_apart() -> None:
    panel = panel_of([np.arange(100.0), np.arange(200.0, 290.0)])
    backtest = Backtest(panel=panel, horizon=6, windows=2)
    assert backtest.series.tolist() == [0, 1, 0, 1]
    assert backtest.actual[0].tolist() == [94, 95, 96, 97, 98, 99]
    assert backtest.actual[3].tolist() == [278, 279, 280, 281, 282, 283]
    assert [part.history.lengths.tolist() for part in backtest.parts] == [[94, 84], [88, 78]]


def test_windows_that_overlap_count_for_as_many_as_would_not() -> None:
    panel = panel_of([np.arange(100.0)])
    apart = [Backtest(panel=panel, horizon=6, windows=5, stride=stride).distinct_windows for stride in (None, 6, 9, 3)]
    assert apart == [5, 5, 5, 3]
    assert Backtest(panel=panel, horizon=6, windows=1, stride=1).distinct_windows == 1


def test_short_series_have_fewer_windows_or_none() -> None:
    panel = panel_of([seasonal(100), seasonal(31), seasonal(11), seasonal(8)])
    backtest = Backtest(panel=panel, horizon=6, windows=3)
    assert np.bincount(backtest.series, minlength=4).tolist() == [3, 1, 1, 0]


def test_series_that_are_all_too_short_have_shorter_windows() -> None:
    backtest = Backtest(panel=panel_of([seasonal(8)]), horizon=6, windows=3)
    assert backtest.actual.shape == (1, 4)
    tiny = Backtest(panel=panel_of([np.array([1.0, 2.0])]), horizon=6, windows=3)
    assert tiny.actual.tolist() == [[2.0]]
    assert tiny.parts[0].history.lengths.tolist() == [1]


def test_scales_come_from_what_lies_before_the_window() -> None:
    values = np.concatenate([np.arange(60.0), np.full(6, 1e6)])
    backtest = Backtest(panel=panel_of([values], seasons=()), horizon=6, windows=1)
    assert backtest.scales.tolist() == [[1.0, 1.0]]


def test_of_many_series_an_even_selection_is_evaluated_and_all_are_trained_on() -> None:
    panel = panel_of([seasonal(40 if index % 2 else 30, seed=index) for index in range(2_500)])
    backtest = Backtest(panel=panel, horizon=6, windows=1)
    assert len(np.unique(backtest.series)) == len(backtest.actual) == 1_000
    assert np.histogram(backtest.series, bins=5, range=(0, 2_500))[0].tolist() == [200] * 5
    assert len(backtest.before(0)) == 2_500
    assert backtest.before(0).lengths.tolist() == (panel.lengths - 6).tolist()


def test_a_window_has_each_series_once_where_many_are_too_short_for_it() -> None:
    panel = panel_of([seasonal(60 if index % 3 == 0 else 7, seed=index) for index in range(1_200)])
    backtest = Backtest(panel=panel, horizon=6, windows=1)
    assert len(np.unique(backtest.series)) == len(backtest.series) == 400


def test_rows_have_the_bounds_of_their_histories() -> None:
    backtest = Backtest(panel=panel_of([seasonal(60) + 100, seasonal(60) - 1_000]), horizon=6, windows=2)
    assert backtest.floors.tolist() == [0.0, -np.inf, 0.0, -np.inf]


def test_models_are_trained_again_where_much_more_is_known() -> None:
    short, long = panel_of([seasonal(40)], seasons=()), panel_of([seasonal(400)], seasons=())
    assert Backtest(panel=short, horizon=6, windows=3).trainings == [0, 1, 2]
    assert Backtest(panel=long, horizon=6, windows=3).trainings == [2, 2, 2]
    backtest = Backtest(panel=short, horizon=3, windows=4)
    assert backtest.trainings == [1, 1, 3, 3]
    assert backtest.before(1).lengths.tolist() == [34]
