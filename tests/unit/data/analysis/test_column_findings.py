"""Findings about single columns, each on a table that shows it, beside one that does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.analysis import Analysis, analyse
from tunesmith.data.findings import Finding

ROWS = 300
RANDOM = np.random.default_rng(0)
TARGET = RANDOM.integers(0, 2, ROWS)
NOISE = RANDOM.normal(size=ROWS)
WORDS = np.array(["red", "green", "blue"])[RANDOM.integers(0, 3, ROWS)]


def looked_at(**columns: Any) -> Analysis:
    return analyse(pd.DataFrame({**columns, "noise": NOISE, "y": TARGET}), "y")


def only(analysis: Analysis, kind: str) -> Finding:
    (finding,) = analysis.of_kind(kind)
    return finding


CODES = [f"P{number:04d}" for number in RANDOM.permutation(ROWS)]
SHOWN = {
    "number_as_text": [f" {value:.3f}" for value in NOISE],
    "date_as_text": pd.date_range("2024-01-01", periods=ROWS).strftime("%Y-%m-%d").to_numpy(),
    "number_with_unit": [f"{value} kg" for value in RANDOM.integers(1, 99, ROWS)],
    "mixed_types": [f"{value}" if value % 4 else "overflow" for value in RANDOM.integers(1, 99, ROWS)],
    "identifier": CODES,
    "unique_number": RANDOM.permutation(ROWS),
    "high_cardinality": [f"w{value}" for value in RANDOM.integers(0, 70, ROWS)],
    "free_text": [f"it was seen {value} times by {other} men" for value, other in enumerate(NOISE)],
    "empty": [None] * ROWS,
    "constant": ["DE"] * ROWS,
    "near_constant": [1.0, *[0.0] * (ROWS - 1)],
    "mostly_missing": np.where(RANDOM.random(ROWS) < 0.8, np.nan, NOISE),
    "missing_tells_target": np.where(TARGET == 1, np.nan, NOISE),
    "duplicate_columns": 3 - 2 * NOISE,
    "near_duplicate_columns": NOISE + RANDOM.normal(size=ROWS) * 1e-3,
    "outliers": np.where(np.arange(ROWS) == 7, 1e6, NOISE),
    "skewed": np.exp(2 * NOISE),
    "infinite": np.where(np.arange(ROWS) < 3, np.inf, RANDOM.normal(size=ROWS)),
    "placeholder": np.where(np.arange(ROWS) % 20 == 3, -999.0, RANDOM.uniform(0, 9, ROWS)),
}
ALSO = {"duplicate_columns": {"noise"}, "near_duplicate_columns": {"noise"}}


@pytest.mark.parametrize("kind", SHOWN)
def test_a_column_that_shows_it_is_found_and_named(kind: str) -> None:
    finding = only(looked_at(column=SHOWN[kind]), kind)
    assert set(finding.columns) == {"column"} | ALSO.get(kind, set())
    assert "'column'" in finding.text


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert looked_at(word=WORDS, age=RANDOM.integers(18, 90, ROWS)).findings == ()


@pytest.mark.parametrize(
    ("values", "absent"),
    [
        pytest.param([f"A{value}" for value in RANDOM.integers(10, 99, ROWS)], "number_with_unit", id="codes"),
        pytest.param(RANDOM.integers(0, 100_000, ROWS), "identifier", id="whole numbers"),
        pytest.param(RANDOM.integers(-1, 2, ROWS), "placeholder", id="-1, 0 and 1"),
        pytest.param(["DE", *[None] * (ROWS - 1)], "constant", id="one value or missing"),
        pytest.param(RANDOM.permutation(NOISE), "near_duplicate_columns", id="shuffled"),
        pytest.param(RANDOM.normal(size=ROWS), "duplicate_columns", id="two columns of different numbers"),
        pytest.param(
            np.where(RANDOM.random(ROWS) < 0.3, np.nan, NOISE), "missing_tells_target", id="missing by chance"
        ),
    ],
)
def test_no_false_alarm(values: Any, absent: str) -> None:
    assert looked_at(column=values).of_kind(absent) == ()


@pytest.mark.parametrize("name", ["id", "row_nr", "Unnamed: 0"])
def test_numbers_that_rise_from_row_to_row_are_keys_if_their_name_says_so(name: str) -> None:
    analysis = looked_at(**{name: np.arange(ROWS), "x": np.arange(ROWS)})
    assert only(analysis, "row_number").columns == (name,)
    assert only(analysis, "unique_number").columns == ("x",)
    assert analysis.keys == (name,)


def test_blank_and_unreadable_numbers_are_counted() -> None:
    values = [f"{value:.2f}" for value in NOISE]
    values[:5] = [" ", " ", " ", "n.a.!", "n.a.!"]
    finding = only(looked_at(column=values), "number_as_text")
    assert finding.severity == "warning"
    assert finding.values == {"blank": 3, "unread": 2, "examples": ["n.a.!"]}


def test_columns_missing_in_the_same_rows_are_named_together() -> None:
    gap = RANDOM.random(ROWS) < 0.2
    finding = only(looked_at(a=np.where(gap, np.nan, NOISE), b=np.where(gap, None, WORDS)), "missing_together")
    assert finding.columns == ("a", "b")
    assert finding.values["share"] == pytest.approx(gap.mean())


def test_words_and_their_codes_are_duplicates() -> None:
    codes = {"red": 4, "green": 2, "blue": 9}
    finding = only(looked_at(word=WORDS, code=[codes[word] for word in WORDS]), "duplicate_columns")
    assert finding.columns == ("word", "code")
