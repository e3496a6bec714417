from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.problem import Problem, multilabel_problems, predictions_of
from tunesmith.errors import InputError

LETTERS = list("abcdefghijklmnopqrstuvwxyz")
TARGETS: dict[str, tuple[Any, str, tuple[str, ...], str]] = {
    "words": (["yes", "no", None, "no"] * 9, "binary", ("no", "yes"), "text"),
    "booleans": ([True, False] * 9, "binary", ("False", "True"), "boolean"),
    "zero and one": ([1, 0] * 9, "binary", ("0", "1"), "integer"),
    "zero and one with gaps": ([1.0, 0.0, np.nan] * 9, "binary", ("0", "1"), "integer"),
    "two numbers": ([0.5, 1.5] * 9, "binary", ("0.5", "1.5"), "number"),
    "counted codes": ([1, 2, 3, 10, 11, 5] * 9, "multiclass", ("1", "2", "3", "5", "10", "11"), "integer"),
    "signs": ([-1, 0, 1] * 9, "multiclass", ("-1", "0", "1"), "integer"),
    "words and gaps": (["a", "?", "b", "c"] * 9, "multiclass", ("a", "b", "c"), "text"),
    "nullable": (pd.array([1, None, 0] * 9, dtype="Int64"), "binary", ("0", "1"), "integer"),
    "declared": (pd.Categorical(["x", "y"] * 9, categories=["x", "y", "z"]), "binary", ("x", "y"), "text"),
    "measured": (np.linspace(0, 1, 40), "regression", (), "text"),
    "marks from three": ([3, 4, 5, 6, 7, 8, 9] * 9, "regression", (), "text"),
    "many whole numbers": (list(range(40)), "regression", (), "text"),
    "few but spread": ([100, 1000, 5000] * 9, "regression", (), "text"),
    "decimal commas": ([f"{v},5" for v in range(40)], "regression", (), "text"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_the_kind_of_a_target_is_seen(name: str) -> None:
    values, kind, classes, class_type = TARGETS[name]
    problem = Problem.of(pd.DataFrame({"y": values}), "y")
    assert (problem.kind, problem.classes, problem.class_type) == (kind, classes, class_type)
    assert Problem.from_table(problem.to_table()) == problem


@pytest.mark.parametrize("name", [name for name, row in TARGETS.items() if row[2]])
def test_classes_come_back_in_their_type(name: str) -> None:
    values = pd.Series(TARGETS[name][0], name="y")
    problem = Problem.of(values.to_frame(), "y")
    encoded = problem.encode(values)
    known = ~np.isnan(encoded)
    assert known.sum() == (values.notna() & (values.astype(object) != "?")).sum()
    assert problem.decode(encoded[known]).tolist() == values[known].tolist()


def test_numbers_with_decimal_commas_are_encoded() -> None:
    frame = pd.DataFrame({"y": ["1.234,5", "2,5", "3,5"] * 3})
    assert Problem.of(frame, "y", "regression").encode(frame["y"])[:2].tolist() == [1234.5, 2.5]


def test_the_positive_class_is_the_second() -> None:
    frame = pd.DataFrame({"y": [0, 1] * 9})
    assert Problem.of(frame, "y").classes == ("0", "1")
    assert Problem.of(frame, "y", positive=0).classes == ("1", "0")


def test_a_class_that_is_unknown_is_missing() -> None:
    problem = Problem.of(pd.DataFrame({"y": ["a", "b"] * 9}), "y")
    assert np.isnan(problem.encode(pd.Series(["a", "new", None]))).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1] * 9, {}, "the same one in all rows"),
        ([None] * 9, {}, "only missing ones"),
        ([np.inf, 1.0, None], {}, "the same one"),
        ([f"u{v}" for v in range(30)], {}, "30 different values in 30 rows: 'u0'"),
        (pd.date_range("2020", periods=9), {}, "holds dates"),
        (["a", "b"] * 9, {"kind": "regression"}, "regression needs a target of numbers, but 'y' holds 'a'"),
        (["a", "b", "c"] * 9, {"kind": "binary"}, "'y' has 3: 'a'"),
        (["a", "b"] * 9, {"positive": "c"}, "one of a, b, got 'c'"),
        (["a", "b", "c"] * 9, {"positive": "c"}, "two classes, but 'y' has 3"),
        (np.linspace(0, 1, 40), {"positive": 1}, "holds numbers"),
    ],
)
def test_a_target_that_cannot_be_predicted_is_refused(values: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Problem.of(pd.DataFrame({"y": values}), "y", **options)


def test_the_nearest_column_is_named() -> None:
    with pytest.raises(InputError, match=r"got 'prize'\. Did you mean 'price'\?"):
        Problem.of(pd.DataFrame({"price": [1], "x": [2]}), "prize")


@pytest.mark.parametrize(
    "values",
    [
        ["red;big", "red", "", "big; red", None],
        ["red|big", "red", "", "big|red", None],
        ["red, big", "red", "", "big,red", None],
        [["red", "big"], ["red"], [], ("big", "red"), None],
        ["['red', 'big']", "['red']", "[]", "('big', 'red')", None],
        ["red big", "red", "", "big red", None],
    ],
)
def test_labels_of_one_column_are_problems_of_their_own(values: list[Any]) -> None:
    frame = pd.DataFrame({"y": pd.Series(values, dtype=object)})
    big, red = multilabel_problems(frame, "y")
    assert (big.name, red.name) == ("y=big", "y=red")
    assert big.encode(frame["y"]).tolist() == [1, 0, 0, 1, 0]
    assert red.encode(frame["y"]).tolist() == [1, 1, 0, 1, 0]


def test_a_column_without_labels_is_refused() -> None:
    with pytest.raises(InputError, match="two labels"):
        multilabel_problems(pd.DataFrame({"y": ["a", "a", "a"]}), "y")


def test_predictions_are_classes_numbers_and_joined_labels() -> None:
    labels = [
        Problem(target="tags", kind="binary", classes=("False", "True"), label=name, separator=";") for name in "pq"
    ]
    problems = [
        Problem(target="class", kind="binary", classes=("0", "1"), class_type="integer"),
        *labels,
        Problem(target="size", kind="regression"),
    ]
    outputs = np.array([[0.9, 0.1, 0.2, 0.8, 0.1, 0.9, 7.5], [0.3, 0.7, 0.6, 0.4, 0.9, 0.1, 8.5]])
    predicted = predictions_of(problems, outputs, pd.RangeIndex(5, 7))
    assert predicted.to_dict("index") == {
        5: {"class": 0, "tags": "p;q", "size": 7.5},
        6: {"class": 1, "tags": "", "size": 8.5},
    }
