from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.column import Column
from tunesmith.data.schema import Schema
from tunesmith.errors import InputError

RANDOM = np.random.default_rng(0)
DAYS = pd.date_range("2020-01-01", periods=100)
COLUMNS: dict[str, tuple[Any, str]] = {
    "float": (RANDOM.normal(size=100), "number"),
    "boolean with gaps": (pd.array([True, False, None, True] * 25, dtype="boolean"), "number"),
    "true as text": (["true", "False", None, "TRUE"] * 25, "number"),
    "numbers as text": ([f" {v}" for v in range(100)], "number"),
    "with question marks": (["?", "1.5"] * 50, "number"),
    "with dashes": (["-", "3"] * 50, "number"),
    "decimal comma": ([f"{v},5" for v in range(100)], "number"),
    "thousands": ([f"{v},{v}00,123.25" for v in range(1, 10)], "number"),
    "currency": ([f"${v}.99" for v in range(100)], "number"),
    "duration": (pd.to_timedelta(np.arange(100), unit="h"), "number"),
    "time stamps": (DAYS, "date"),
    "zone": (DAYS.tz_localize("Europe/Berlin"), "date"),
    "iso": (DAYS.strftime("%Y-%m-%d"), "date"),
    "german": (DAYS.strftime("%d.%m.%Y %H:%M"), "date"),
    "american": (DAYS.strftime("%m/%d/%Y"), "date"),
    "british": (DAYS.strftime("%d/%m/%Y"), "date"),
    "words of dates": (DAYS.strftime("%d %b %Y"), "date"),
    "periods": (pd.period_range("2020-01", periods=100, freq="M"), "date"),
    "words": (["red", "green", "blue", None] * 25, "category"),
    "ranges": (["<0", "0<=X<200", ">=200", "no checking"] * 25, "category"),
    "declared": (pd.Categorical([1, 2, 3, 4] * 25), "category"),
    "codes": ([f"A{v % 7}-{v % 3}" for v in range(100)], "category"),
    "versions": ([f"1.{v % 5}.{v % 3}" for v in range(100)], "category"),
    "sentences": ([f"this is the review {v} of a thing" for v in range(100)], "text"),
    "identifiers": ([f"user-{v * 7919 % 1000}x" for v in range(100)], "text"),
    "nothing": ([None] * 100, "number"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_the_kind_of_a_column_is_seen(name: str) -> None:
    values, kind = COLUMNS[name]
    frame = pd.DataFrame({name: values})
    schema = Schema.infer(frame)
    assert schema.columns[0].kind == kind
    read, findings = schema.read_and_report(frame)
    assert findings == []
    if name != "nothing":
        assert read[name].isna().mean() <= 0.5


@pytest.mark.parametrize("name", COLUMNS)
def test_a_schema_reads_the_same_after_a_round_trip(name: str) -> None:
    frame = pd.DataFrame({name: COLUMNS[name][0]})
    schema = Schema.infer(frame)
    again = Schema.from_table(schema.to_table())
    assert again == schema
    pd.testing.assert_frame_equal(again.read(frame), schema.read(frame))


def test_day_first_and_month_first_are_told_apart() -> None:
    american, british = (Column.of(pd.Series(COLUMNS[name][0], name="d")) for name in ("american", "british"))
    assert (american.date_format, british.date_format) == ("%m/%d/%Y", "%d/%m/%Y")


def test_dates_read_alike_where_the_day_could_be_the_month() -> None:
    column = Column.of(pd.Series(DAYS.strftime("%d/%m/%Y"), name="d"))
    assert column.read(pd.Series(["02/01/2020"]))[0] == pd.Timestamp("2020-01-02")


def test_a_table_in_point_decimals_leaves_the_mark_of_the_file_where_values_allow_two() -> None:
    values = pd.Series(["1.234", "5.678"], name="x")
    assert Column.of(values).read(values).tolist() == [1.234, 5.678]
    assert Column.of(values, decimal=",").read(values).tolist() == [1234, 5678]


def test_categories_are_one_whether_numbers_or_text() -> None:
    column = Column.of(pd.Series(["1", "2", "x"] * 9, name="c"))
    read = column.read(pd.Series([1, 2, 9]))
    assert read.astype(object).tolist()[:2] == ["1", "2"]
    assert column.read(pd.Series([1.0, np.nan, 2.0])).astype(object).tolist()[::2] == ["1", "2"]
    assert read.isna().tolist() == [False, False, True]


def test_the_most_frequent_categories_come_first_and_are_limited() -> None:
    frequent = ["often"] * 30_000 + [f"c{v}" for v in range(10_500)] * 2
    column = Column.of(pd.Series(frequent, name="c"))
    assert column.categories[0] == "often"
    assert len(column.categories) == 10_000


SCHEMA = Schema.infer(
    pd.DataFrame({"Age": [1.5, 2, 3], "town": ["Ulm", "Bonn", "Ulm"], "day": DAYS[:3], "n": [1, 2, 3]})
)


def kinds(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    return {finding.kind: finding.columns for finding in SCHEMA.read_and_report(frame)[1]}


def test_new_categories_are_missing_and_told() -> None:
    frame = pd.DataFrame({"Age": [1.0, 2], "town": ["Ulm", "Rom"], "day": DAYS[:2], "n": [1, 2], "more": [0, 0]})
    read, (finding,) = SCHEMA.read_and_report(frame)
    assert list(read.columns) == ["Age", "town", "day", "n"]
    assert read["town"].isna().tolist() == [False, True]
    assert finding.kind == "new_categories"
    assert "Rom" in finding.text
    assert finding.values["rows"] == 1


def test_a_few_absent_columns_are_missing_and_told() -> None:
    frame = pd.DataFrame({"Age": [1.0], "town": ["Ulm"], "day": DAYS[:1]})
    assert kinds(frame) == {"absent_columns": ("n",)}
    assert SCHEMA.read(frame)["n"].isna().all()


def test_many_absent_columns_are_refused() -> None:
    with pytest.raises(InputError, match="2 of 4 are absent: day, n"):
        SCHEMA.read(pd.DataFrame({"Age": [1.0], "town": ["Ulm"]}))


def test_a_column_in_other_spelling_is_taken_and_told() -> None:
    frame = pd.DataFrame({"age ": [7.0], "town": ["Ulm"], "day": DAYS[:1], "n": [1]})
    assert kinds(frame) == {"renamed_columns": ("Age",)}
    assert SCHEMA.read(frame)["Age"].tolist() == [7.0]


def test_values_of_another_type_are_missing_and_told() -> None:
    frame = pd.DataFrame({"Age": ["old"], "town": [3], "day": [5], "n": DAYS[:1]})
    assert kinds(frame) == {"unread_values": ("n",), "new_categories": ("town",)}
    assert SCHEMA.read(frame).isna().all(axis=None)


def test_infinity_and_numbers_beyond_32_bits_are_missing_and_told() -> None:
    frame = pd.DataFrame({"Age": [np.inf, 1, 1e300], "town": ["Ulm"] * 3, "day": DAYS[:3], "n": [1, 2, 3]})
    read, (finding,) = SCHEMA.read_and_report(frame)
    assert read["Age"].isna().tolist() == [True, False, True]
    assert finding.kind == "unread_values"
    assert "1e+300, inf" in finding.text


def test_an_empty_table_is_read() -> None:
    frame = pd.DataFrame({"Age": [], "town": [], "day": [], "n": []})
    assert SCHEMA.read(frame).shape == (0, 4)
