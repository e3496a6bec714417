"""Seasons that series have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.series.frequency import Frequency
from tunesmith.series.seasons import find_seasons, seasonal_strength, without_season


def test_a_season_is_found_and_noise_has_none() -> None:
    rng = np.random.default_rng(0)
    found = find_seasons(panel_of([seasonal(120, seed=seed) for seed in range(5)], seasons=()))
    assert [season.length for season in found] == [12]
    assert found[0].strength > 0.9
    assert find_seasons(panel_of([rng.normal(size=120).cumsum() for _ in range(5)], seasons=())) == []


def test_a_week_of_equal_days_is_no_season_of_its_own() -> None:
    hours = np.arange(24 * 60)
    noise = np.random.default_rng(0).normal(size=len(hours))
    days_only = 10 * np.sin(2 * np.pi * hours / 24) + noise
    weekend = days_only + 15 * (hours // 24 % 7 >= 5)
    for values, lengths in ((days_only, [24]), (weekend, [24, 168])):
        panel = replace(panel_of([values], seasons=()), frequency=Frequency(unit="second", count=3600))
        assert [season.length for season in find_seasons(panel)] == lengths


def test_steps_without_dates_have_the_season_they_repeat_in() -> None:
    steps = np.arange(400)
    values = 5 * np.sin(2 * np.pi * steps / 17) + np.random.default_rng(0).normal(size=400)
    panel = replace(panel_of([values], seasons=()), frequency=Frequency(unit="step"))
    assert [season.length for season in find_seasons(panel)] == [17]


def test_the_strength_of_noise_is_small_however_long_the_season() -> None:
    rng = np.random.default_rng(0)
    strengths = [seasonal_strength(rng.normal(size=200), length) for length in (4, 12, 52)]
    assert max(strengths) < 0.2


def test_one_collapse_does_not_hide_the_season_of_the_other_years() -> None:
    steps, rng = np.arange(52 * 20), np.random.default_rng(0)
    values = 100 + 5 * np.sin(2 * np.pi * steps / 52) + 3 * rng.normal(size=len(steps))
    collapsed = values - 80 * ((steps > 900) & (steps < 905))
    assert seasonal_strength(collapsed, 52) == pytest.approx(seasonal_strength(values, 52), abs=0.15)


def test_a_peak_that_comes_each_year_is_no_outlier() -> None:
    steps, rng = np.arange(12 * 10), np.random.default_rng(0)
    assert seasonal_strength(100.0 + 60 * (steps % 12 == 11) + rng.normal(size=len(steps)), 12) > 0.5


def test_without_its_season_only_the_trend_is_left() -> None:
    steps = np.arange(120.0)
    left = without_season(steps + 10 * np.sin(2 * np.pi * steps / 12), 12)
    assert left == pytest.approx(steps, abs=1e-6)


def test_short_series_have_no_known_season() -> None:
    assert find_seasons(panel_of([seasonal(20)], seasons=())) == []
