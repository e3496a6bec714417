"""Metrics of forecasts, against values computed by hand and published ones."""

from __future__ import annotations

import numpy as np
import pytest

from tunesmith import InputError
from tunesmith.series.backtest import scales_of
from tunesmith.series.levels import LEVELS, MEDIAN, sorted_levels
from tunesmith.series.scores import coverage, forecast_score


def quantiles(points: np.ndarray, spread: float = 0.0) -> np.ndarray:
    return points[..., None] + spread * (np.array(LEVELS) - 0.5)


ACTUAL = np.array([[10.0, 20.0], [1.0, np.nan]])
FORECAST = quantiles(np.array([[12.0, 16.0], [2.0, 7.0]]))
SCALES = np.array([[2.0, 4.0], [0.5, 0.25]])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mae", (3 + 1) / 2),
        ("mse", (10 + 1) / 2),
        ("rmse", 5.5**0.5),
        ("mape", 100 * (0.2 + 1) / 2),
        ("smape", 200 * ((2 / 22 + 4 / 36) / 2 + 1 / 3) / 2),
        ("mase", (1.5 + 2) / 2),
        ("rmsse", ((10 / 4) ** 0.5 + 2) / 2),
    ],
)
def test_metrics_by_hand(name: str, value: float) -> None:
    assert forecast_score(name).mean(ACTUAL, FORECAST, SCALES) == pytest.approx(value)


def test_quantile_losses_of_a_point_are_absolute_errors() -> None:
    assert forecast_score("wql").mean(ACTUAL, FORECAST, SCALES) == pytest.approx(7 / 31)
    assert forecast_score("sql").mean(ACTUAL, FORECAST, SCALES) == pytest.approx((1.5 + 2) / 2)


def test_a_narrow_forecast_around_the_truth_is_better_than_a_wide_one() -> None:
    truth = np.array([[10.0, 20.0]])
    narrow, wide = (forecast_score("wql").mean(truth, quantiles(truth, spread), SCALES[:1]) for spread in (1.0, 10.0))
    assert 0 < narrow < wide


def test_coverage_counts_what_was_observed() -> None:
    assert coverage(ACTUAL, quantiles(np.array([[10.0, 30.0], [1.0, 1.0]]), 2.0)) == pytest.approx(2 / 3)


def test_names_are_found_in_any_form() -> None:
    assert forecast_score("weighted quantile loss").name == "wql"
    assert forecast_score(None).name == "mase"
    with pytest.raises(InputError, match="mase"):
        forecast_score("masse")


def test_scales_are_those_of_seasonal_differences() -> None:
    history = np.array([1.0, 5.0, 2.0, 7.0])
    assert scales_of(history, 2) == (1.5, 2.5)
    assert scales_of(np.array([1.0, 2.0, 1.0, 2.0]), 2) == (1.0, 1.0)  # Repeats its season: neighbours are compared.
    assert scales_of(np.full(5, -3.0), 2) == (3.0, 9.0)
    assert scales_of(np.zeros(5), 2) == (1.0, 1.0)


def test_quantiles_do_not_cross_after_sorting() -> None:
    rng = np.random.default_rng(0)
    crossing = rng.normal(size=(3, 4, len(LEVELS)))
    ordered = sorted_levels(crossing)
    assert (np.diff(ordered, axis=-1) >= 0).all()
    np.testing.assert_array_equal(ordered[..., MEDIAN], crossing[..., MEDIAN])
