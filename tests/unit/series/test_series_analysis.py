"""What is noticed about series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.data.findings import Finding
from tunesmith.series.analysis import analyse_series

HISTORIES = [seasonal(60, seed=seed) for seed in range(3)]


def findings(histories: Sequence[np.ndarray], horizon: int = 6) -> dict[str, Finding]:
    return {finding.kind: finding for finding in analyse_series(panel_of(histories), horizon).findings}


def test_usual_series_have_a_season_and_a_trend() -> None:
    found = findings(HISTORIES)
    assert set(found) == {"season", "trend"}
    assert "12 steps explains" in found["season"].text


def test_odd_series_are_named() -> None:
    odd = [np.array([4.0]), np.zeros(60), np.full(60, 7.0), seasonal(8), -seasonal(60)]
    found = findings([*HISTORIES, *odd])
    assert found["single_values"].text == "1 series has one value (s3)."
    assert found["constant_series"].text == "2 series are constant, 1 of them 0 (s4, s5)."
    assert found["short_series"].text == "1 series is shorter than two horizons of 6 steps (s6)."
    assert found["short_series"].severity == "info"
    assert found["negative_values"].text == "1 series has values below 0 (s7)."
    assert found["ended_early"].values == {"series": 2}


def test_many_series_are_counted_and_few_are_named() -> None:
    found = findings([*HISTORIES, *(np.zeros(60) for _ in range(9))])
    assert found["constant_series"].text == "9 series are constant, 9 of them 0 (s3, s4, s5, s6, s7 and more)."


def test_series_that_are_all_short_are_a_warning() -> None:
    assert findings([seasonal(9)])["short_series"].severity == "warning"


def test_rare_demand_and_jumps_are_noticed() -> None:
    rare = np.random.default_rng(0).poisson(0.3, size=60).astype(float)
    stepped = np.where(np.arange(60) < 30, 0.0, 90.0) + np.random.default_rng(1).normal(size=60)
    found = findings([rare, stepped])
    assert "50 % of the series are 0" in found["intermittent"].text
    assert found["jump"].values == {"series": 1}


def test_the_analysis_is_plain_json() -> None:
    analysis = analyse_series(panel_of(HISTORIES), 6)
    table = analysis.to_table()
    assert table["looked_at"] == 3
    assert table["traits"]["length"] == 60
    assert [finding["kind"] for finding in table["findings"]] == [one.kind for one in analysis.findings]
