"""The traits of series."""

from __future__ import annotations

import numpy as np
import pytest
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.series.traits import SeriesTraits, differences_needed, kpss, traits_of

NOISE = np.random.default_rng(0).normal(size=200)


def test_a_trend_and_a_season_are_told_apart() -> None:
    traits = SeriesTraits.of(seasonal(120), (12,))
    assert traits.seasons[12] > 0.9
    assert traits.trend > 0.9
    assert SeriesTraits.of(NOISE, (12,)).seasons[12] < 0.1
    assert SeriesTraits.of(NOISE, ()).trend < 0.2


def test_a_random_walk_needs_one_difference_and_noise_none() -> None:
    assert differences_needed(NOISE) == 0
    assert differences_needed(np.cumsum(NOISE)) == 1
    assert differences_needed(np.cumsum(np.cumsum(NOISE))) == 2
    assert differences_needed(np.full(20, 3.0)) == 0


def test_kpss_is_that_of_statsmodels() -> None:
    # statsmodels.tsa.stattools.kpss(values, nlags=4)[0]
    assert kpss(np.cumsum(NOISE)) == pytest.approx(1.78541570)
    assert kpss(NOISE) == pytest.approx(0.12664737)


@pytest.mark.parametrize(
    ("history", "demand"),
    [
        (np.array([5.0, 6, 5, 4, 5, 6]), "smooth"),
        (np.array([1.0, 20, 2, 30, 1, 1]), "erratic"),
        (np.array([0.0, 0, 5, 0, 0, 5, 0]), "intermittent"),
        (np.array([0.0, 0, 1, 0, 0, 40, 0, 2]), "lumpy"),
    ],
)
def test_the_pattern_of_demand(history: np.ndarray, demand: str) -> None:
    assert SeriesTraits.of(history, ()).demand == demand


def test_a_jump_to_another_level_is_found_and_an_outlier_is_none() -> None:
    stepped = NOISE + np.where(np.arange(200) < 90, 0.0, 40.0)
    assert SeriesTraits.of(stepped, ()).jump == 90
    spiked = NOISE + np.where(np.arange(200) == 90, 40.0, 0.0)
    assert SeriesTraits.of(spiked, ()).jump is None


@pytest.mark.parametrize("history", [np.zeros(2), np.zeros(50), np.array([1.0, 2.0]), -np.ones(9), np.full(60, 3e38)])
def test_odd_series_have_traits(history: np.ndarray) -> None:
    table = SeriesTraits.of(history, (4,)).to_table()
    assert all(np.isfinite(value) for name, value in table.items() if name not in ("seasons", "jump"))


def test_one_long_series_among_thousands_of_single_values_is_looked_at() -> None:
    panel = panel_of([*(np.array([1.0]) for _ in range(2_000)), seasonal(60)])
    assert [traits.length for traits in traits_of(panel)] == [60]
