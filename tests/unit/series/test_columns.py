"""The roles of columns."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith import InputError
from tunesmith.series.columns import SeriesColumns, find_columns


def sales(**names: list[Any]) -> pd.DataFrame:
    """Twelve days of each combination of names."""
    rows = list(product(*names.values(), pd.date_range("2024-01-01", periods=12)))
    frame = pd.DataFrame(rows, columns=[*names, "date"])
    return frame.assign(price=np.linspace(1, 2, len(frame)), sales=np.arange(len(frame)) % 7 + 1)


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        ({}, ()),
        ({"shop": ["u", "v", "w"]}, ("shop",)),
        ({"shop": [1, 2, 3]}, ("shop",)),
        ({"shop": [1, 2, 3], "item": [7, 8]}, ("shop", "item")),
        ({"shop": ["u", "v"], "item": [7, 8]}, ("shop", "item")),
    ],
)
def test_the_names_of_series_are_found(names: dict[str, list[Any]], ids: tuple[str, ...]) -> None:
    found = find_columns(sales(**names), targets=("sales",))
    assert (found.time, found.ids) == ("date", ids)
    assert found.covariates is not None
    assert [column.name for column in found.covariates.schema.columns] == ["price"]


def test_repeated_times_alone_name_no_series() -> None:
    frame = pd.concat([sales(), sales().iloc[[3]]])
    assert find_columns(frame, targets=("sales",)).ids == ()


def test_a_column_that_is_known_ahead_is_no_target() -> None:
    found = find_columns(sales(), known=("price",))
    assert found.targets == ("sales",)
    assert found.covariates is not None
    assert found.covariates.known == ("price",)


@pytest.mark.parametrize(
    ("name", "values"),
    [("year", range(1990, 2010)), ("quarter", [f"{1990 + n // 4}Q{n % 4 + 1}" for n in range(20)]), ("t", range(20))],
)
def test_periods_and_whole_numbers_of_a_usual_name_are_the_time(name: str, values: Any) -> None:
    frame = pd.DataFrame({"other": 2.5, name: list(values), "y": 1.0})
    assert find_columns(frame).time == name


def test_a_date_of_a_usual_name_comes_before_another_one() -> None:
    frame = sales().assign(opened="2020-01-01")[["opened", "date", "sales"]]
    assert find_columns(frame, targets=("sales",)).time == "date"


def test_a_target_that_is_named_twice_is_one() -> None:
    assert find_columns(sales(), targets=("sales", "sales")).targets == ("sales",)


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"targets": ("sale",)}, "the target must be a column of the table, got 'sale'.*sales"),
        ({"time": "day"}, "the time column must be a column"),
        ({"ids": ("store",)}, "the id column must be a column"),
        ({"known": ("prices",)}, "the column that is known ahead must be a column"),
    ],
)
def test_a_named_column_must_be_there(roles: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_columns(sales(), **roles)


def test_roles_survive_being_written() -> None:
    found = find_columns(sales(shop=["u", "v"]), targets=("sales",), known=("price",))
    again = SeriesColumns.from_table(found.to_table())
    assert again.covariates is not None
    assert found.covariates is not None
    assert again.covariates.known == found.covariates.known
    assert (again.targets, again.time, again.ids, again.form) == (("sales",), "date", ("shop",), "date")
