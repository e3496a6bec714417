"""The part of series that is kept for a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith import InputError
from tunesmith.series.columns import find_columns
from tunesmith.series.held_out import HeldOut
from tunesmith.series.panel import Panel
from tunesmith.series.reading import read_panel
from tunesmith.series.rows import read_series_table


def shops(first: int, last: int) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=40)[first:last]
    frame = pd.DataFrame({"day": days, "sales": np.arange(first, last, dtype=float), "price": 2.0})
    return pd.concat([frame.assign(shop=shop) for shop in ("a", "b")], ignore_index=True)


def read(frame: pd.DataFrame, **roles: Any) -> Panel:
    raw = read_series_table(frame)
    return read_panel(raw, find_columns(raw.frame, targets=("sales",), **roles))


def test_the_steps_after_each_end_are_kept() -> None:
    panel = read(shops(0, 30))
    late = shops(28, 40).drop(index=[3])  # Day 31 of a is missing; b is longer than the horizon.
    held_out = HeldOut.of(read_series_table(late), panel, horizon=4)
    np.testing.assert_array_equal(held_out.actual, [[30, np.nan, 32, 33], [30, 31, 32, 33]])
    assert held_out.future is None


def test_what_is_known_ahead_is_kept_too(tmp_path: Path) -> None:
    held_out = HeldOut.of(read_series_table(shops(30, 33)), read(shops(0, 30), known=("price",)), horizon=9)
    assert held_out.future is not None
    assert held_out.future.shape == (2, 3, 1)
    held_out.save(tmp_path)
    loaded = HeldOut.load(tmp_path)
    assert loaded is not None
    np.testing.assert_array_equal(loaded.actual, held_out.actual)
    np.testing.assert_array_equal(loaded.future, held_out.future)


def test_rows_without_a_time_follow_the_last_one() -> None:
    panel = read(pd.DataFrame({"sales": [1.0, 2.0, 3.0]}))
    held_out = HeldOut.of(read_series_table(pd.DataFrame({"sales": [4.0, 5.0]})), panel, horizon=6)
    assert held_out.actual.tolist() == [[4, 5]]


def test_without_a_test_part_there_is_none(tmp_path: Path) -> None:
    assert HeldOut.load(tmp_path) is None


@pytest.mark.parametrize("first", [0, 36])
def test_a_table_that_does_not_follow_the_series_is_refused(first: int) -> None:
    panel = read(shops(0, 30))
    with pytest.raises(InputError, match=r"ends at 2024-01-30, and must go on daily"):
        HeldOut.of(read_series_table(shops(first, first + 4)), panel, horizon=4)
