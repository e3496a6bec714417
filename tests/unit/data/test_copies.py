"""Rows that agree with others in every column."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunesmith.data.copies import copies_of


def test_equal_rows_of_any_kinds_of_columns_have_one_number() -> None:
    frame = pd.DataFrame(
        {
            "number": [1.0, np.nan, 2.0] * 20,
            "category": pd.Categorical(["a", None, "b"] * 20),
            "date": pd.to_datetime(["2020-01-01", None, "2021-01-01"] * 20),
            "text": pd.Series(["some text", None, "other"] * 20, dtype=object),
            "row": np.repeat(np.arange(30.0), 2),
        }
    )
    twice = pd.concat([frame, frame], ignore_index=True)
    np.testing.assert_array_equal(copies_of(twice), np.tile(np.arange(60), 2))


def test_a_row_that_is_common_is_no_copy() -> None:
    frame = pd.DataFrame({"x": [0.0] * 10 + list(np.repeat(np.arange(1.0, 41.0), 2))})
    numbers = copies_of(frame)
    assert numbers[:10].tolist() == list(range(10))
    assert len(set(numbers[10:])) == 40


def test_a_table_without_rows_has_no_copies() -> None:
    assert copies_of(pd.DataFrame({"x": []})).tolist() == []
