"""Combinations of forecasts."""

from __future__ import annotations

import numpy as np
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.ensembles.forecast_combination import ForecastCombination, widened
from tunesmith.series.backtest import Backtest
from tunesmith.series.levels import LEVELS, MEDIAN
from tunesmith.series.scores import coverage, forecast_score

PANEL = panel_of([seasonal(120, seed=seed) for seed in range(40)])
BACKTEST = Backtest(panel=PANEL, horizon=6, windows=2)
KINDS = {1: "ets", 2: "theta", 3: "ces"}


def forecasts(error: float, seed: int, spread: float = 3.0) -> np.ndarray:
    """The truth plus noise, with quantiles around it."""
    noise = np.random.default_rng(seed).normal(scale=error, size=BACKTEST.actual.shape)
    points = BACKTEST.actual + noise
    return points[..., None] + spread * error * (np.array(LEVELS) - 0.5)


def test_two_models_with_different_errors_are_better_together() -> None:
    score = forecast_score("mase")
    members = {1: forecasts(4.0, 1), 2: forecasts(4.0, 2), 3: forecasts(40.0, 3)}
    combination, backtested = ForecastCombination.fit(BACKTEST, members, score, kinds=KINDS)
    assert set(combination.weights) == {1, 2}
    assert abs(sum(combination.weights.values()) - 1) < 1e-9
    np.testing.assert_allclose(combination.apply(members, BACKTEST.series), backtested)
    reached = score.mean(BACKTEST.actual, backtested, BACKTEST.scales)
    assert reached < min(score.mean(BACKTEST.actual, members[trial], BACKTEST.scales) for trial in (1, 2))


def test_intervals_are_widened_until_they_cover() -> None:
    members = {1: forecasts(4.0, 1, spread=0.5)}
    combination, backtested = ForecastCombination.fit(BACKTEST, members, forecast_score("mase"), kinds=KINDS)
    assert combination.width > 2
    narrow, wide = coverage(BACKTEST.actual, members[1]), coverage(BACKTEST.actual, backtested)
    assert narrow < 0.5 < wide


def test_widening_keeps_the_median() -> None:
    forecast = forecasts(4.0, 1)
    np.testing.assert_allclose(widened(forecast, 2.0)[..., MEDIAN], forecast[..., MEDIAN])


def half_good(first: bool, seed: int) -> np.ndarray:
    """Forecasts that are good for half of the series."""
    good = (BACKTEST.series < len(PANEL) // 2) == first
    return np.where(good[:, None, None], forecasts(2.0, seed), forecasts(40.0, seed + 10))


def test_series_have_weights_of_their_own_where_other_windows_confirm_them() -> None:
    score, members = forecast_score("mase"), {1: half_good(True, 1), 2: half_good(False, 2)}
    equal, in_common = ForecastCombination.fit(BACKTEST, members, score, kinds=KINDS, own_weights=False)
    own, backtested = ForecastCombination.fit(BACKTEST, members, score, kinds=KINDS)
    assert equal.by_series is None
    assert own.by_series is not None
    np.testing.assert_allclose(own.by_series.sum(axis=0), 1)
    assert (own.by_series[0, :20] > 0.9).all()
    assert (own.by_series[1, 20:] > 0.9).all()
    errors = [score.mean(BACKTEST.actual, one, BACKTEST.scales) for one in (backtested, in_common)]
    assert errors[0] < 0.5 * errors[1]
    unknown = own.apply(members, np.full(len(BACKTEST.series), -1))
    np.testing.assert_allclose(
        unknown[..., MEDIAN], ForecastCombination(weights=own.weights).apply(members, BACKTEST.series)[..., MEDIAN]
    )


def test_noise_gives_no_weights_to_series() -> None:
    members = {trial: forecasts(4.0, trial) for trial in (1, 2, 3)}
    combination, _ = ForecastCombination.fit(BACKTEST, members, forecast_score("mase"), kinds=KINDS)
    assert combination.by_series is None


def test_weights_are_shrunk_towards_the_mean_of_families_the_more_the_fewer_windows() -> None:
    score = forecast_score("mase")
    shares, expected = [], []
    for windows, stride, distinct in ((1, None, 1), (4, None, 4), (4, 1, 1.5)):  # The last ones overlap.
        backtest = Backtest(panel=PANEL, horizon=6, windows=windows, stride=stride)
        truth = np.repeat(backtest.actual[..., None], len(LEVELS), axis=-1)
        noise = np.random.default_rng(0).normal(size=truth.shape[:2])[..., None]
        members = {1: truth + 10 * noise, 2: truth + 11 * noise}  # The second adds nothing.
        combination, _ = ForecastCombination.fit(backtest, members, score, kinds=KINDS, own_weights=False)
        shares.append(combination.weights[2])
        rows = len(PANEL) * windows
        evidence = rows / (rows + 20)
        power = (10 / 11) ** (8 * evidence)
        share_of_selection = evidence * distinct / (distinct + 10)
        expected.append((1 - share_of_selection) * power / (1 + power))
    np.testing.assert_allclose(shares, expected)


def test_a_member_far_from_all_others_counts_little_where_one_series_has_few_windows() -> None:
    backtest = Backtest(panel=panel_of([seasonal(120)]), horizon=6, windows=3)
    truth = np.repeat(backtest.actual[..., None], len(LEVELS), axis=-1)
    noise = np.random.default_rng(0).normal(size=(5, *truth.shape[:2]))[..., None]
    members = {trial: truth + 2 * noise[trial] for trial in range(5)}
    members[4] = truth + noise[4]  # By luck it is the best in the backtest, and later it is not.
    kinds = dict(enumerate(("ets", "theta", "ces", "arima", "lagged_ridge")))
    combination, backtested = ForecastCombination.fit(backtest, members, forecast_score("mase"), kinds=kinds)
    assert combination.median_share == 1 - 3 / 23
    np.testing.assert_allclose(combination.apply(members, backtest.series), backtested)
    later = {**{trial: truth + noise[trial] for trial in range(4)}, 4: truth + 50}
    off = np.abs(combination.apply(later, backtest.series) - truth)[..., MEDIAN].mean()
    mean = ForecastCombination(weights=combination.weights).apply(later, backtest.series)
    assert off < 0.25 * np.abs(mean - truth)[..., MEDIAN].mean()


def test_a_part_of_a_tuned_member_goes_to_the_first_configuration_of_its_family() -> None:
    """Not if there are many rows, or if the first one is clearly worse."""
    for windows, error, tuned_only in ((3, 1.2, False), (5, 1.2, True), (3, 1.3, True)):
        backtest = Backtest(panel=PANEL, horizon=6, windows=windows)
        rows = len(backtest.series)
        truth = np.repeat(backtest.actual[..., None], len(LEVELS), axis=-1)
        noise = np.random.default_rng(0).normal(size=truth.shape[:2])[..., None]
        members = {0: truth + error * noise, 7: truth + noise}
        combination, _ = ForecastCombination.fit(
            backtest, members, forecast_score("mase"), kinds=dict.fromkeys(members, "ets"), own_weights=False
        )
        share = 0 if tuned_only else (1 - rows / (rows + 20)) / 2
        np.testing.assert_allclose(combination.weights.get(0, 0.0), share)
        assert abs(sum(combination.weights.values()) - 1) < 1e-9


def test_quantiles_do_not_fall_below_zero_where_no_value_does_when_they_are_widened() -> None:
    demand = [np.random.default_rng(seed).poisson(1.5, size=80).astype(float) for seed in range(8)]
    backtest = Backtest(panel=panel_of(demand, seasons=()), horizon=6, windows=2)
    levels = np.array(LEVELS)
    narrow = np.full((*backtest.actual.shape, len(LEVELS)), 0.3) + 0.6 * (levels - 0.5)
    combination, backtested = ForecastCombination.fit(backtest, {1: narrow}, forecast_score("mase"), kinds={1: "ets"})
    assert narrow.min() > 0
    assert combination.apply({1: narrow}, backtest.series).min() < 0
    assert backtested.min() == 0


def test_a_forecast_that_is_not_finite_is_the_worst() -> None:
    members = {1: forecasts(4.0, 1), 2: np.full_like(forecasts(4.0, 1), np.nan)}
    combination, backtested = ForecastCombination.fit(BACKTEST, members, forecast_score("mase"), kinds=KINDS)
    assert set(combination.weights) == {1}
    assert np.isfinite(backtested).all()
