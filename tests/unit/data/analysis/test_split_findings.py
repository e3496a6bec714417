"""Groups, time, leaks and drift, in made-up tables whose structure is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmarks.analyst.tables import GROUPED, HARMLESS, LEAKING, TIMED, patients

from tunesmith.data.analysis import Analysis, analyse

ALARMS = {"group", "time", "row_order", "leak", "target_copy", "drift"}


def alarms(analysis: Analysis) -> set[str]:
    return {finding.kind for finding in analysis.findings} & ALARMS


@pytest.mark.parametrize("name", GROUPED)
def test_groups_are_found_and_safe_to_split_by(name: str) -> None:
    table = GROUPED[name](np.random.default_rng(0))
    analysis = analyse(table, "y")
    assert alarms(analysis) == {"group"}
    assert analysis.group is not None
    assert (analysis.group.column, analysis.group.confident) == (table.columns[0], True)


@pytest.mark.parametrize("name", TIMED)
def test_time_is_found_and_safe_to_split_by(name: str) -> None:
    table = TIMED[name](np.random.default_rng(4))
    analysis = analyse(table, "y")
    assert alarms(analysis) == {"time"}
    assert analysis.time is not None
    assert (analysis.time.column, analysis.time.confident) == (table.columns[-2], True)


@pytest.mark.parametrize("name", LEAKING)
def test_leaks_are_found(name: str) -> None:
    findings = [f for f in analyse(LEAKING[name](np.random.default_rng(0)), "y").findings if f.kind in ALARMS]
    assert [finding.columns for finding in findings] == [("extra",)]


def test_the_target_in_other_words_makes_a_fit_meaningless() -> None:
    (finding,) = analyse(LEAKING["coded target"](np.random.default_rng(0)), "y").of_kind("target_copy")
    assert finding.severity == "error"
    assert "--exclude extra" in finding.remedy


@pytest.mark.parametrize("name", HARMLESS)
def test_nothing_is_alarmed_about_where_nothing_is_wrong(name: str) -> None:
    analysis = analyse(HARMLESS[name](np.random.default_rng(0)), "y")
    assert alarms(analysis) == set()
    assert analysis.group is None
    assert analysis.time is None


def test_groups_that_the_test_table_shares_are_not_split_by_unasked() -> None:
    table = patients(np.random.default_rng(0), "customer_id").sample(frac=1, random_state=0)
    shared = analyse(table.iloc[300:], "y", test=table.iloc[:300]).group
    assert shared is not None
    assert not shared.confident
    is_new = table["customer_id"].isin(table["customer_id"].unique()[:20])
    new = analyse(table[~is_new], "y", test=table[is_new]).group
    assert new is not None
    assert new.confident


def test_a_test_table_that_is_later_is_a_reason_to_split_by_time() -> None:
    random = np.random.default_rng(0)
    dates = pd.date_range("2024-01-01", periods=1000, freq="D")
    table = pd.DataFrame({"day": dates, "x": random.normal(size=1000)})
    table["y"] = table["x"] + random.normal(size=1000)
    later = analyse(table.iloc[:800], "y", test=table.iloc[800:])
    assert later.time is not None
    assert later.time.confident
    assert later.of_kind("drift") == ()
    shuffled = table.sample(frac=1, random_state=0)
    assert analyse(shuffled.iloc[:800], "y", test=shuffled.iloc[800:]).time is None


def test_rows_that_are_like_their_neighbours_are_found() -> None:
    random = np.random.default_rng(0)
    level = np.cumsum(random.normal(size=1500)) / 10
    table = pd.DataFrame({f"x{index}": level + random.normal(size=1500) for index in range(3)})
    table["y"] = np.sin(3 * level) + 0.3 * random.normal(size=1500)
    assert alarms(analyse(table, "y")) == {"row_order"}


def test_drift_names_the_columns_that_moved() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"a": random.normal(size=900), "b": random.normal(size=900), "y": random.integers(0, 2, 900)})
    test = table.iloc[600:].assign(b=lambda frame: frame["b"] + 1.5)
    (finding,) = analyse(table.iloc[:600], "y", test=test).of_kind("drift")
    assert finding.columns == ("b",)
    assert finding.values["auc"] == pytest.approx(0.85, abs=0.05)
    assert analyse(table.iloc[:600], "y", test=table.iloc[600:]).of_kind("drift") == ()


def test_what_the_test_table_lacks_or_adds_is_named() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame({name: random.normal(size=200) for name in "abc"})
    table = table.assign(town=["Ulm", "Bonn"] * 100, y=random.integers(0, 2, 200))
    analysis = analyse(table, "y", test=table.assign(town=["Ulm", "Kiel"] * 100).drop(columns="a"))
    assert analysis.of_kind("absent_columns")[0].columns == ("a",)
    assert analysis.of_kind("new_categories")[0].values["rows"] == 100
