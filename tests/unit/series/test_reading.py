"""From tables to series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith import InputError
from tunesmith.data.read import read_table
from tunesmith.series.columns import SeriesColumns, find_columns
from tunesmith.series.panel import Panel
from tunesmith.series.reading import read_panel


def read(frame: pd.DataFrame, **roles: Any) -> Panel:
    raw = read_table(frame)
    return read_panel(raw, find_columns(raw.frame, decimal=raw.decimal, **roles))


def kinds(panel: Panel) -> set[str]:
    return {finding.kind for finding in panel.findings}


def daily(days: int = 30, start: str = "2024-01-01") -> pd.DataFrame:
    return pd.DataFrame({"date": pd.date_range(start, periods=days), "sales": np.arange(days, dtype=float)})


def test_one_series() -> None:
    panel = read(daily())
    assert panel.columns == SeriesColumns(targets=("sales",), time="date")
    assert panel.names == ("",)
    assert panel.history(0).tolist() == list(range(30))
    assert str(panel.stamps(0, 30, 1)[0]) == "2024-01-31T00:00:00"


def test_long_tables_have_a_column_that_names_the_series() -> None:
    frame = pd.concat([daily(20).assign(shop="b"), daily(30, "2024-01-11").assign(shop="a")])
    panel = read(frame)
    assert panel.columns.ids == ("shop",)
    assert panel.names == ("a", "b")
    assert panel.lengths.tolist() == [30, 20]


def test_wide_tables_have_a_series_in_each_column() -> None:
    frame = daily().assign(returns=1.0)
    panel = read(frame)
    assert panel.names == ("sales", "returns")
    assert panel.history(1).tolist() == [1.0] * 30


def test_two_columns_may_name_a_series() -> None:
    frame = pd.concat(
        [daily(5).assign(shop=shop, item=item) for shop in ("u", "v") for item in ("x", "y")], ignore_index=True
    )
    panel = read(frame, targets=("sales",), ids=("shop", "item"))
    assert panel.names == ("u x", "u y", "v x", "v y")


def test_rows_in_any_order_give_the_same_series() -> None:
    shuffled = daily().sample(frac=1.0, random_state=0)
    panel = read(shuffled)
    assert panel.history(0).tolist() == list(range(30))
    assert "unsorted_times" in kinds(panel)


def test_times_that_occur_twice_are_averaged() -> None:
    frame = pd.concat([daily(10), pd.DataFrame({"date": [pd.Timestamp("2024-01-03")], "sales": [8.0]})])
    panel = read(frame)
    assert panel.history(0)[2] == 5.0
    assert "repeated_times" in kinds(panel)


def test_gaps_are_interpolated_and_do_not_count() -> None:
    frame = daily(10).drop(index=[3, 4])
    panel = read(frame)
    assert panel.history(0).tolist() == list(range(10))
    assert np.isnan(panel.known_values(0)).tolist() == [False] * 3 + [True] * 2 + [False] * 5
    assert "gaps" in kinds(panel)


def test_a_history_that_ends_in_a_gap_does_not_know_the_other_side_of_it() -> None:
    panel = read(daily(10).drop(index=[3, 4]))
    cut = panel.select(np.array([0]), np.array([5]))
    assert cut.history(0).tolist() == [0, 1, 2, 2, 2]


def test_missing_values_at_both_ends_are_left_out() -> None:
    frame = daily(10)
    frame.loc[[0, 1, 9], "sales"] = np.nan
    panel = read(frame)
    assert panel.lengths.tolist() == [7]
    assert panel.history(0)[0] == 2.0


def test_years_and_compact_dates_are_dates() -> None:
    years = read(pd.DataFrame({"year": range(1950, 1980), "y": 1.5}), time="year", targets=("y",))
    assert years.frequency.words == "yearly"
    compact = read(pd.DataFrame({"day": range(20240101, 20240131), "y": 1.5}), time="day", targets=("y",))
    assert compact.frequency.words == "daily"


def test_without_a_time_rows_are_steps() -> None:
    panel = read(pd.DataFrame({"y": [1.0, 2.0, 3.0]}))
    assert panel.frequency.unit == "step"
    assert panel.columns.time is None


def test_an_hour_that_daylight_saving_repeats_or_skips() -> None:
    local = pd.date_range("2024-10-26", periods=72, freq="h", tz="Europe/Berlin").tz_localize(None)
    panel = read(pd.DataFrame({"time": local, "load": np.arange(72.0)}))
    assert panel.frequency.words == "hourly"
    assert panel.lengths.tolist() == [71]
    assert "repeated_times" in kinds(panel)


@pytest.mark.parametrize(
    ("frame", "roles", "message"),
    [
        (pd.DataFrame({"date": ["2024-01-01"], "y": [1.0]}), {"targets": ("z",)}, "must be a column"),
        (pd.DataFrame({"date": ["2024-01-01"] * 3, "y": ["a", "b", "c"]}), {"targets": ("y",)}, "must hold numbers"),
        (pd.DataFrame({"date": ["2024-01-01"], "y": [1.0]}), {"targets": ("y",)}, "two or more times"),
        (pd.DataFrame({"word": ["a", "b"]}), {}, "needs a column of numbers"),
        (pd.DataFrame({"when": ["soon", "later"], "y": [1.0, 2.0]}), {"time": "when"}, "dates or whole numbers"),
        (
            pd.DataFrame({"date": ["1000-01-01", *pd.date_range("2024-01-01", periods=300).astype(str)], "y": 1.0}),
            {"targets": ("y",), "time": "date"},
            "Is a time wrong",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(frame: pd.DataFrame, roles: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(frame, **roles)


def test_a_panel_survives_being_saved(tmp_path: Any) -> None:
    panel = read(daily(10).drop(index=[3]))
    panel.save(tmp_path / "series")
    loaded = Panel.load(tmp_path / "series")
    np.testing.assert_array_equal(loaded.known_values(0), panel.known_values(0))
    assert (loaded.names, loaded.frequency, loaded.columns) == (panel.names, panel.frequency, panel.columns)
    assert loaded.findings == panel.findings
