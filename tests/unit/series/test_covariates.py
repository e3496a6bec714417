"""Columns beside the target."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunesmith.series.covariates import Covariates, on_grid


def test_numbers_and_categories_become_numbers_and_text_is_left_out() -> None:
    frame = pd.DataFrame(
        {
            "price": ["1,5", "2", None, "3"],
            "kind": ["bread", "bread", "milk", None],
            "remark": ["a long text of its own", "and some other words", "none of it twice", "here it ends as well"],
        }
    )
    covariates = Covariates.infer(frame, ["price", "kind", "remark"], ["kind"], decimal=",")
    read = covariates.read(frame)
    assert list(read) == ["price", "kind"]
    np.testing.assert_array_equal(read["price"], [1.5, 2, np.nan, 3])
    np.testing.assert_array_equal(read["kind"], [0, 0, 1, np.nan])
    assert covariates.known == ("kind",)


def test_a_category_that_is_new_is_missing() -> None:
    covariates = Covariates.infer(pd.DataFrame({"kind": ["a", "b", "a"]}), ["kind"], [])
    again = Covariates.from_table(covariates.to_table())
    assert again.settled
    np.testing.assert_array_equal(again.read(pd.DataFrame({"kind": ["b", "z"]}))["kind"], [1, np.nan])


def test_values_at_one_place_are_averaged_and_places_without_are_missing() -> None:
    values, places = np.array([1.0, 3.0, np.nan, 5.0]), np.array([0, 0, 1, 3])
    np.testing.assert_array_equal(on_grid(values, places, 4), [2, np.nan, np.nan, 5])


def test_a_column_that_is_absent_is_missing() -> None:
    covariates = Covariates.infer(pd.DataFrame({"price": [1.0], "rain": [2.0]}), ["price", "rain"], [])
    frame = pd.DataFrame({"rain": [3.0]})
    assert covariates.absent(frame) == ["price"]
    assert np.isnan(covariates.read(frame)["price"]).all()
