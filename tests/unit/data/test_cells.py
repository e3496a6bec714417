from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith.data import cells


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        (" 48 ", ".", 48),
        ("1e-3", ".", 0.001),
        ("1,234.5", ".", 1234.5),
        ("1,234,567", ".", 1234567),
        ("1.234.567,8", ",", 1234567.8),
        ("0,5", ",", 0.5),
        ("1 234,5", ",", 1234.5),
        ("1'234.5", ".", 1234.5),
        ("$ 3.50", ".", 3.5),
        ("12 €", ",", 12),
        ("45%", ".", 45),
        ("-.5", ".", -0.5),
        ("TRUE", ".", 1),
    ],
)
def test_a_number_in_text_is_read(text: str, decimal: str, number: float) -> None:
    assert cells.number_of(text, decimal) == number


@pytest.mark.parametrize("text", ["", "-", "1,23", "1.2.3", "12 cm", "1,2345", "inf", "1e999", "١٢a", ".", "e5"])
def test_other_text_is_no_number(text: str) -> None:
    assert math.isnan(cells.number_of(text))


MIXED: Any = [Decimal("1.5"), True, b"7", "x", None, 2, float("inf"), 10**400, np.float32(0.5)]


def test_a_column_of_mixed_objects_is_read_as_numbers() -> None:
    read = cells.numbers(pd.Series(MIXED, dtype=object))
    np.testing.assert_array_equal(read, [1.5, 1, 7, np.nan, np.nan, 2, np.nan, np.nan, 0.5])


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "int8", "uint64", "bool", "float32"])
def test_numbers_of_every_type_are_floats(dtype: str) -> None:
    values = pd.Series([1, 0, 1], dtype=dtype)
    assert cells.numbers(values).tolist() == [1.0, 0.0, 1.0]
    assert cells.numbers(values).dtype == np.float64


def test_durations_are_seconds() -> None:
    assert cells.numbers(pd.Series(pd.to_timedelta(["1min", "2h"]))).tolist() == [60.0, 7200.0]


MOMENT = np.datetime64("2020-02-01T10:30:00")


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["2020-02-01T10:30:00"]),
        pd.Series(["2020-02-01 12:30+02:00"]),
        pd.Series([pd.Timestamp("2020-02-01 11:30", tz="Europe/Berlin")]),
        pd.Series([dt.datetime(2020, 2, 1, 10, 30)], dtype=object),
        pd.Series([dt.datetime(2020, 2, 1, 10, 30, tzinfo=dt.UTC), pd.Timestamp("2020-01-01")], dtype=object),
        pd.Series(pd.PeriodIndex(["2020-02-01 10:30"], freq="min")),
    ],
    ids=["iso", "offset", "zone", "object", "mixed zones", "period"],
)
def test_time_stamps_are_in_utc_without_zone(values: pd.Series) -> None:
    assert cells.dates(values, None)[0] == MOMENT


@pytest.mark.parametrize("date_format", cells.DATE_FORMATS[1:])
def test_dates_in_every_format_are_read(date_format: str) -> None:
    moment = pd.Timestamp("2021-03-04 05:06:07.250000", tz="UTC")
    shown = moment.strftime(date_format)
    read = cells.dates(pd.Series([shown, None, "no date"], dtype=object), date_format)
    expected = dt.datetime.strptime(shown, date_format).replace(tzinfo=None)
    assert read[0] == np.datetime64(expected).astype("datetime64[s]")
    assert np.isnat(read[1:]).all()
    assert cells.may_have_format([cells.date_shape(shown)], date_format)


def test_a_date_between_texts_is_taken_as_it_is() -> None:
    read = cells.dates(pd.Series(["01.02.2020", dt.date(2020, 1, 2)], dtype=object), "%d.%m.%Y")
    assert read.astype(str).tolist() == ["2020-02-01T00:00:00", "2020-01-02T00:00:00"]


def test_lists_and_tables_become_text() -> None:
    codes, texts = cells.texts(pd.Series([[1], [1], None, {"a": 1}], dtype=object))
    assert codes.tolist() == [0, 0, -1, 1]
    assert texts == ["[1]", "{'a': 1}"]


@pytest.mark.parametrize("value", ["?", " N/A", "NULL", "", "nan"])
def test_words_for_missing_values_are_missing(value: str) -> None:
    assert cells.text_of(value) is None


def test_a_lone_surrogate_can_be_stored() -> None:
    assert cells.text_of("caf\udce9") == r"caf\udce9"
