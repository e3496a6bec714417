"""From tables to series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith import InputError
from tunesmith.forecasters._windows import Origins, before
from tunesmith.series.columns import SeriesColumns, find_columns
from tunesmith.series.panel import Panel
from tunesmith.series.reading import read_panel
from tunesmith.series.rows import read_series_table


def read(frame: Any, **roles: Any) -> Panel:
    raw = read_series_table(frame)
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


def test_a_window_that_ends_in_a_gap_does_not_know_the_other_side_of_it() -> None:
    panel = read(daily(10).drop(index=[3, 4]))
    moments = Origins(series=np.array([0, 0, 0]), steps=np.array([3, 5, 6]))
    assert before(panel, moments, 3).tolist() == [[0, 1, 2], [2, 2, 2], [3, 4, 5]]


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
    assert "daylight_saving" in kinds(panel)


def test_hours_with_a_zone_are_neither_repeated_nor_skipped() -> None:
    local = pd.date_range("2024-10-26", periods=72, freq="h", tz="Europe/Berlin")
    panel = read(pd.DataFrame({"time": local, "load": np.arange(72.0)}))
    assert panel.frequency.zone == "Europe/Berlin"
    assert panel.history(0).tolist() == list(range(72))
    assert kinds(panel) == set()
    ahead = panel.frequency.zoned_stamps(panel.starts[0] + np.array([71, 72]))
    assert list(ahead) == [local[-1], local[-1] + pd.Timedelta(hours=1)]
    assert str(panel.stamps(0, 0, 1)[0]) == "2024-10-26T00:00:00"


def test_days_and_months_of_a_zone_are_those_of_its_clocks() -> None:
    for freq, words in (("D", "daily"), ("MS", "monthly"), ("W-MON", "weekly")):
        stamps = pd.date_range("2024-01-01", periods=50, freq=freq, tz="America/New_York")
        panel = read(pd.DataFrame({"time": stamps, "y": np.arange(50.0)}))
        assert panel.frequency.words == words
        assert panel.history(0).tolist() == list(range(50))
        later = pd.date_range("2024-01-01", periods=51, freq=freq, tz="America/New_York")[-1]
        assert list(panel.frequency.zoned_stamps(panel.starts + 50)) == [later]


def test_offsets_in_text_are_told_apart() -> None:
    local = pd.date_range("2024-10-26", periods=72, freq="h", tz="Europe/Berlin")
    hourly = read(pd.DataFrame({"time": [stamp.isoformat() for stamp in local], "load": np.arange(72.0)}))
    assert hourly.history(0).tolist() == list(range(72))
    assert hourly.frequency.zone == "UTC"
    days = pd.date_range("2024-03-01", periods=60, freq="D", tz="Europe/Berlin")
    daily_panel = read(pd.DataFrame({"time": [stamp.isoformat() for stamp in days], "y": np.arange(60.0)}))
    assert daily_panel.history(0).tolist() == list(range(60))
    assert str(daily_panel.stamps(0, 0, 1)[0]) == "2024-03-01T00:00:00"


def test_local_times_are_read_on_the_grid_of_a_zone() -> None:
    zoned = pd.date_range("2024-07-01", periods=48, freq="h", tz="Europe/Berlin")
    panel = read(pd.DataFrame({"time": zoned, "load": np.arange(48.0)}))
    raw = read_series_table(pd.DataFrame({"time": zoned.tz_localize(None), "load": np.arange(48.0)}))
    again = read_panel(raw, panel.columns, frequency=panel.frequency)
    assert again.starts.tolist() == panel.starts.tolist()


@pytest.mark.parametrize(
    ("frame", "roles", "message"),
    [
        (pd.DataFrame({"date": ["2024-01-01"], "y": [1.0]}), {"targets": ("z",)}, "must be a column"),
        (pd.DataFrame({"date": ["2024-01-01"] * 3, "y": ["a", "b", "c"]}), {"targets": ("y",)}, "must hold numbers"),
        (pd.DataFrame({"date": ["2024-01-01"], "y": [1.0]}), {"targets": ("y",)}, "two or more times"),
        (pd.DataFrame({"word": ["a", "b"]}), {}, "needs a column of numbers"),
        (pd.DataFrame({"when": ["soon", "later"], "y": [1.0, 2.0]}), {"time": "when"}, "must hold dates, periods"),
        (pd.DataFrame({"date": ["2024-01-01", "2024-01-02"], "y": [np.inf, np.nan]}), {"targets": ("y",)}, "a value"),
        (pd.DataFrame({"date": [], "y": []}), {"targets": ("y",)}, "a time and a value"),
        (
            pd.DataFrame({"date": ["1700-01-01", *pd.date_range("2024-01-01", periods=300).astype(str)], "y": 1.0}),
            {"targets": ("y",), "time": "date"},
            "Is a time wrong",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(frame: pd.DataFrame, roles: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(frame, **roles)


def test_the_index_of_a_frame_is_the_time() -> None:
    indexed = daily(20).set_index("date")
    assert read(indexed).columns.time == "date"
    assert read(indexed["sales"]).columns == SeriesColumns(targets=("sales",), time="date")
    monthly = pd.Series(np.arange(20.0), index=pd.period_range("2020-01", periods=20, freq="M"))
    assert read(monthly).frequency.words == "monthly"
    both = pd.concat({"u": indexed, "v": indexed}, names=["shop", "date"])
    assert read(both).names == ("u", "v")


def test_times_that_are_a_little_off_lie_on_the_grid() -> None:
    off = np.random.default_rng(0).integers(-20, 20, size=200)
    stamps = pd.date_range("2024-01-01", periods=200, freq="h") + pd.to_timedelta(off, unit="s")
    panel = read(pd.DataFrame({"time": stamps, "y": np.arange(200.0)}))
    assert panel.frequency.words == "hourly"
    assert panel.history(0).tolist() == list(range(200))
    assert str(panel.stamps(0, 200, 1)[0]) == "2024-01-09T08:00:00"


def test_times_at_random_are_put_on_a_usual_grid() -> None:
    steps = np.cumsum(np.random.default_rng(0).exponential(3_400, size=400)).astype(int)
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(steps, unit="s")
    panel = read(pd.DataFrame({"time": stamps, "y": 1.0}))
    assert panel.frequency.words in ("hourly", "every 30 minutes")
    assert "irregular_times" in kinds(panel)


def test_a_series_without_a_value_is_left_out() -> None:
    frame = daily(10).assign(returns=np.nan, closed=[np.inf] * 10)
    panel = read(frame, targets=("sales", "returns", "closed"))
    assert panel.names == ("sales",)
    finding = next(one for one in panel.findings if one.kind == "empty_series")
    assert finding.text == "2 series have no value at all (returns, closed)."
    assert "unread_values" in kinds(panel)


def test_infinite_values_and_words_among_numbers_are_missing() -> None:
    frame = daily(30).astype({"sales": object})
    frame.loc[4, "sales"] = np.inf
    frame.loc[8, "sales"] = "closed"
    panel = read(frame)
    assert np.flatnonzero(np.isnan(panel.known_values(0))).tolist() == [4, 8]
    assert panel.history(0)[8] == 8.0
    assert "unread_values" in kinds(panel)


def test_series_of_another_frequency_are_named() -> None:
    weekly = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=8, freq="W"), "sales": 1.0, "shop": "w"})
    panel = read(pd.concat([daily(60).assign(shop="a"), daily(60).assign(shop="b"), weekly]))
    assert panel.frequency.words == "daily"
    finding = next(one for one in panel.findings if one.kind == "mixed_frequencies")
    assert finding.text == "Most series are daily, but 1 is not (w)."
    assert len(panel) == 3


def test_a_series_with_a_wrong_time_is_left_out_and_the_others_stay() -> None:
    wrong = daily(10).assign(shop="w")
    wrong.loc[9, "date"] = pd.Timestamp("2224-01-01")
    panel = read(pd.concat([daily(60).assign(shop="a"), wrong]))
    assert panel.names == ("a",)
    assert "distant_times" in kinds(panel)


def test_one_value_among_series_is_a_series() -> None:
    panel = read(pd.concat([daily(30).assign(shop="a"), daily(1).assign(shop="b")]))
    assert panel.lengths.tolist() == [30, 1]


def test_rows_without_a_time_are_counted_within_each_series() -> None:
    frame = pd.DataFrame({"shop": ["a", "b", "a", "b", "a"], "sales": [1.0, 10.0, 2.0, 20.0, 3.0]})
    panel = read(frame, targets=("sales",), ids=("shop",))
    assert [panel.history(index).tolist() for index in range(2)] == [[1, 2, 3], [10, 20]]


def test_names_that_differ_in_spaces_alone_are_one_series() -> None:
    frame = pd.concat([daily(5).assign(shop="a"), daily(5, "2024-01-06").assign(shop="a ")])
    assert read(frame, targets=("sales",), ids=("shop",)).lengths.tolist() == [10]


def test_rows_without_a_name_or_a_time_are_left_out() -> None:
    frame = daily(10).assign(shop="a")
    frame.loc[3, "shop"] = None
    frame.loc[5, "date"] = pd.NaT
    panel = read(frame, targets=("sales",), ids=("shop",))
    assert {"undated_rows", "unnamed_rows", "gaps"} <= kinds(panel)


def test_numbers_do_not_continue_dates() -> None:
    panel = read(daily())
    raw = read_series_table(pd.DataFrame({"date": range(5), "sales": 1.0}))
    with pytest.raises(InputError, match="the times must be dates"):
        read_panel(raw, panel.columns, frequency=panel.frequency)


def test_a_table_that_lacks_a_column_of_the_series_is_refused() -> None:
    with pytest.raises(InputError, match="the time column must be a column of the table, got 'date'"):
        read_panel(read_series_table(pd.DataFrame({"sales": [1.0, 2.0]})), read(daily()).columns)


def test_frames_of_polars_are_read() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"date": daily()["date"].dt.date.tolist(), "sales": daily()["sales"].tolist()})
    assert read(frame).history(0).tolist() == list(range(30))


def test_a_panel_survives_being_saved(tmp_path: Any) -> None:
    panel = read(daily(10).drop(index=[3]))
    panel.save(tmp_path / "series")
    loaded = Panel.load(tmp_path / "series")
    np.testing.assert_array_equal(loaded.known_values(0), panel.known_values(0))
    assert (loaded.names, loaded.frequency, loaded.columns) == (panel.names, panel.frequency, panel.columns)
    assert loaded.findings == panel.findings


def test_days_written_in_another_zone_are_the_same_days() -> None:
    days = pd.date_range("2024-03-01", periods=60, tz="Europe/Berlin")
    panel = read(pd.DataFrame({"time": days, "load": np.arange(60.0)}))
    raw = read_series_table(pd.DataFrame({"time": days.tz_convert("UTC"), "load": np.arange(60.0)}))
    again = read_panel(raw, panel.columns, frequency=panel.frequency)
    assert again.starts.tolist() == panel.starts.tolist()
    assert again.values.tolist() == panel.values.tolist()
