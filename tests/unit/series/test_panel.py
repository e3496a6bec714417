"""Panels of series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith.series.columns import find_columns
from tunesmith.series.panel import Panel
from tunesmith.series.reading import read_panel
from tunesmith.series.rows import read_series_table

PRICES = [1.0, 1.0, 2.0, 2.0, 3.0]


def shops() -> pd.DataFrame:
    """Two shops of 12 days whose last days have a price but no sales yet; b lacks the price of the last one."""
    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=12), "sales": np.arange(12.0), "price": 9.0})
    frame.loc[7:, "price"] = PRICES
    frame.loc[10:, "sales"] = np.nan
    both = [frame.assign(shop=shop, size=size, guests=frame["sales"] + 1) for shop, size in (("a", 10.0), ("b", 20.0))]
    both[1].loc[11, "price"] = np.nan
    both[1].loc[10:, "guests"] = np.nan
    return pd.concat(both, ignore_index=True)


def read(frame: pd.DataFrame, **roles: Any) -> Panel:
    raw = read_series_table(frame)
    return read_panel(raw, find_columns(raw.frame, targets=("sales",), **roles))


@pytest.fixture
def panel() -> Panel:
    return read(shops())


def test_covariates_with_later_values_and_constant_ones_are_known_ahead(panel: Panel) -> None:
    assert panel.lengths.tolist() == [10, 10]
    assert set(panel.known) == {"price", "size"}
    assert panel.columns.covariates is not None
    assert panel.columns.covariates.static == ("size",)


def test_what_is_known_ahead_goes_on_after_the_end(panel: Panel) -> None:
    series, steps = np.array([0, 0, 0, 1, 1, 1]), np.array([9, 10, 11, 10, 11, 15])
    ahead = pd.DataFrame(panel.known_ahead(series, steps), columns=panel.known)
    assert ahead["price"].tolist() == [2.0, 2.0, 3.0, 2.0, 2.0, 2.0]
    assert ahead["size"].tolist() == [10.0] * 3 + [20.0] * 3


def test_a_cut_series_knows_as_many_steps_ahead_as_are_known_after_the_end() -> None:
    days = pd.date_range("2024-01-01", periods=14)
    frame = pd.DataFrame({"day": days, "sales": np.arange(14.0), "price": np.arange(14.0), "visitors": np.arange(14.0)})
    frame.loc[10:, "sales"] = np.nan
    frame.loc[11:, "visitors"] = np.nan  # Those of the next day alone are known.
    panel = read(frame)
    assert dict(zip(panel.known, panel.ahead, strict=True)) == {"price": 4, "visitors": 1}
    cut = panel.select(np.array([0]), np.array([5]))
    ahead = pd.DataFrame(cut.known_ahead(np.zeros(6, dtype=int), np.arange(3, 9)), columns=cut.known)
    assert ahead["price"].tolist() == [3, 4, 5, 6, 7, 8]
    assert ahead["visitors"].tolist() == [3, 4, 5, 5, 5, 5]
    whole = pd.DataFrame(panel.known_ahead(np.zeros(5, dtype=int), np.arange(9, 14)), columns=panel.known)
    assert whole["visitors"].tolist() == [9, 10, 10, 10, 10]
    assert cut.history(0).tolist() == [0, 1, 2, 3, 4]


def test_other_covariates_are_known_until_now(panel: Panel) -> None:
    assert panel.past_covariates(np.array([0, 1]), np.array([0, 9]))[:, 0].tolist() == [1.0, 10.0]


def test_a_covariate_that_is_said_to_be_known_ahead_and_is_not_keeps_its_last_value() -> None:
    frame = shops().dropna(subset="sales")
    panel = read(frame, known=("price",))
    assert "price" in panel.known
    finding = next(one for one in panel.findings if one.kind == "unknown_ahead")
    assert finding.severity == "warning"
    assert panel.known_ahead(np.array([0]), np.array([12]))[0, panel.known.index("price")] == 2.0


def test_the_last_observed_place_lies_before_a_gap() -> None:
    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=8), "sales": np.arange(8.0)}).drop(index=[3, 4])
    panel = read(frame)
    assert panel.last_observed(np.array([2, 3, 4, 5])).tolist() == [2, 2, 2, 5]


def test_extremes_and_samples(panel: Panel) -> None:
    least, greatest = panel.select(np.array([0, 1]), np.array([3, 5])).extremes()
    assert least.tolist() == [0.0, 0.0]
    assert greatest.tolist() == [2.0, 4.0]
    short = panel.select(np.array([0, 1]), np.array([3, 5]))
    assert short.sample(5, least=4).tolist() == [1]
    assert short.sample(5, least=9).tolist() == []


def test_all_of_it_survives_being_saved(panel: Panel, tmp_path: Path) -> None:
    panel.save(tmp_path / "series")
    loaded = Panel.load(tmp_path / "series")
    series, steps = np.array([0, 1, 1]), np.array([3, 10, 12])
    np.testing.assert_array_equal(loaded.known_ahead(series, steps), panel.known_ahead(series, steps))
    assert loaded.columns == panel.columns
    assert loaded.findings == panel.findings


def test_series_of_two_names_and_two_targets_keep_their_keys(tmp_path: Path) -> None:
    frame = shops().assign(item="x", lost=1.0).dropna(subset="sales")
    raw = read_series_table(frame)
    panel = read_panel(raw, find_columns(raw.frame, targets=("sales", "lost"), ids=("shop", "item")))
    assert panel.keys == (("a", "x", "sales"), ("a", "x", "lost"), ("b", "x", "sales"), ("b", "x", "lost"))
    assert panel.columns.keys == ("shop", "item", "series")
    panel.save(tmp_path / "series")
    assert Panel.load(tmp_path / "series").keys == panel.keys
    assert panel.select(np.array([2])).keys == (("b", "x", "sales"),)
