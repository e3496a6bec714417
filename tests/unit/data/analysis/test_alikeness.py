from __future__ import annotations

import numpy as np
import pytest

from tunesmith.data.analysis.alikeness import alikeness, smoothness

GROUPS = np.repeat(np.arange(200), 5)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_the_correlation_is_the_share_of_variance_between_groups(share: float) -> None:
    random = np.random.default_rng(0)
    values = np.sqrt(share) * random.normal(size=200)[GROUPS] + np.sqrt(1 - share) * random.normal(size=1000)
    found = alikeness(values, GROUPS)
    assert found.correlation == pytest.approx(share, abs=0.08)
    assert (found.chance < 1e-6) == (share > 0)


def test_rows_that_are_equal_within_groups_are_wholly_alike() -> None:
    assert alikeness(np.random.default_rng(0).normal(size=200)[GROUPS], GROUPS).correlation == 1.0


def test_columns_of_one_value_and_missing_values_are_not_alike() -> None:
    assert alikeness(np.ones(1000), GROUPS).correlation == 0.0
    assert alikeness(np.full(1000, np.nan), GROUPS).correlation == 0.0


def test_means_of_ordered_groups_are_smooth_and_those_of_keys_are_not() -> None:
    noise = np.random.default_rng(0).normal(size=200)
    assert smoothness(np.arange(200.0)[GROUPS] + noise[GROUPS], GROUPS) > 0.9
    assert abs(smoothness(noise[GROUPS], GROUPS)) < 0.2
