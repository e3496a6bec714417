"""Findings about rows and targets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.analysis import analyse

RANDOM = np.random.default_rng(1)


def frame(rows: int = 400) -> pd.DataFrame:
    return pd.DataFrame(
        {"a": RANDOM.normal(size=rows), "b": RANDOM.normal(size=rows), "y": RANDOM.integers(0, 2, rows)}
    )


def test_copies_of_records_are_counted() -> None:
    table = frame(400)
    copied = pd.concat([table, table.iloc[:100]], ignore_index=True)
    (finding,) = analyse(copied, "y").of_kind("duplicate_rows")
    assert finding.severity == "warning"
    assert finding.values["share"] == pytest.approx(200 / 500)


def test_equal_rows_of_few_categories_are_no_warning() -> None:
    table = pd.DataFrame(
        {"a": RANDOM.integers(0, 3, 500), "b": RANDOM.integers(0, 3, 500), "y": RANDOM.integers(0, 2, 500)}
    )
    assert [finding.severity for finding in analyse(table, "y").of_kind("duplicate_rows")] == ["info"]


def test_equal_rows_with_another_class_are_counted() -> None:
    table = frame(400)
    other = table.iloc[:40].assign(y=1 - table["y"].iloc[:40])
    (finding,) = analyse(pd.concat([table, other], ignore_index=True), "y").of_kind("conflicting_rows")
    assert finding.values["share"] == pytest.approx(40 / 440)


def test_rows_of_the_test_table_that_were_trained_on_are_counted() -> None:
    table, unseen = frame(400), frame(100)
    test = pd.concat([unseen, table.iloc[:25]], ignore_index=True)
    (finding,) = analyse(table, "y", test=test).of_kind("test_rows_in_training")
    assert finding.values["share"] == pytest.approx(25 / 125)
    assert analyse(table, "y", test=unseen).of_kind("test_rows_in_training") == ()


def test_copies_are_found_in_a_sample_of_a_large_table() -> None:
    values = RANDOM.normal(size=90_000)
    table = pd.DataFrame({"a": [*values, *values[:30_000]], "y": 0})
    table["y"] = (table["a"] > 0).astype(int)
    (finding,) = analyse(table, "y").of_kind("duplicate_rows")
    assert finding.values["rows_looked_at"] < 60_000
    assert finding.values["share"] == pytest.approx(0.5, abs=0.02)


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    table = frame(100).astype({"y": float})
    table.loc[:9, "y"] = np.nan
    analysis = analyse(table, "y")
    assert analysis.rows == 90
    assert analysis.of_kind("missing_target")[0].values == {"rows": 10, "share": 0.1}


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        pytest.param(["a"] * 196 + ["b"] * 4, "tiny_classes", id="few rows"),
        pytest.param(["a"] * 970 + ["b"] * 30, "imbalance", id="few of many"),
        pytest.param([0.0] * 50 + list(RANDOM.uniform(1, 2, 50)), "zero_inflated", id="half are 0"),
        pytest.param([*RANDOM.normal(size=99), 1e6], "heavy_target", id="one far value"),
        pytest.param(["a", "b"] * 20, "few_rows", id="40 rows"),
    ],
)
def test_the_target_is_described(target: list[object], kind: str) -> None:
    analysis = analyse(pd.DataFrame({"x": RANDOM.normal(size=len(target)), "y": target}), "y")
    assert len(analysis.of_kind(kind)) == 1


def test_a_table_without_a_target_is_looked_at() -> None:
    analysis = analyse(pd.DataFrame({"a": [1, 1, 1], "b": ["x", "y", "z"]}))
    assert [finding.kind for finding in analysis.findings] == ["few_rows", "constant"]
