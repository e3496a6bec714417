from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.analysis import Analysis
from tunesmith.data.table import Table
from tunesmith.errors import InputError
from tunesmith.fitting.data_options import DataOptions
from tunesmith.fitting.prepare import prepare

RANDOM = np.random.default_rng(0)
ROWS = 100
FRAME = pd.DataFrame(
    {
        "x": RANDOM.normal(size=ROWS),
        "color": RANDOM.choice(["red", "blue"], ROWS),
        "shop": RANDOM.integers(0, 20, ROWS),
        "day": pd.date_range("2020", periods=ROWS)[RANDOM.permutation(ROWS)],
        "importance": RANDOM.random(ROWS) + 0.1,
        "review": [f"this is the long review {row} of it" for row in range(ROWS)],
        "y": RANDOM.choice(["no", "yes"], ROWS),
        "price": RANDOM.normal(size=ROWS),
    }
)


def prepared(tmp_path: Path, frame: Any = FRAME, *, seed: int = 0, **options: Any) -> Table:
    return prepare(frame, DataOptions(**{"target": "y", **options}), tmp_path / "study" / "table", seed=seed)


def found(table: Table) -> dict[str, Any]:
    return {finding.kind: finding.values.get("rows") for finding in table.findings}


def test_a_table_is_stored_as_it_is_read(tmp_path: Path) -> None:
    table = prepared(tmp_path)
    expected = table.schema.read(FRAME)
    pd.testing.assert_frame_equal(table.features, expected, check_dtype=False, check_index_type=False)
    assert {column.name: column.kind for column in table.schema.columns} == {
        "x": "number",
        "color": "category",
        "shop": "number",
        "day": "date",
        "importance": "number",
        "review": "text",
        "price": "number",
    }
    assert table.findings == ()
    assert table.weight is None


def test_rows_without_target_are_left_out_and_told(tmp_path: Path) -> None:
    frame = FRAME.assign(y=FRAME["y"].mask(FRAME.index < 3))
    table = prepared(tmp_path, frame)
    assert len(table.target) == ROWS - 3
    assert found(table) == {"unlabelled_rows": 3}
    np.testing.assert_array_equal(table.features["x"], FRAME["x"][3:])


def test_several_targets_are_several_problems(tmp_path: Path) -> None:
    table = prepared(tmp_path, target=["y", "price"])
    assert [problem.kind for problem in table.problems] == ["binary", "regression"]
    np.testing.assert_array_equal(table.target[:, 1], FRAME["price"])
    assert not {"y", "price"} & set(table.schema.names)


def test_weights_are_scaled_and_no_feature(tmp_path: Path) -> None:
    frame = FRAME.assign(importance=FRAME["importance"].mask(FRAME.index < 2).where(FRAME.index != 5, 0))
    table = prepared(tmp_path, frame, weight="importance")
    kept = frame[frame["importance"] > 0]
    assert table.weight is not None
    np.testing.assert_allclose(table.weight, kept["importance"] / kept["importance"].mean())
    assert "importance" not in table.schema.names
    assert found(table) == {"unweighted_rows": 3}


def test_groups_are_never_split_and_no_feature(tmp_path: Path) -> None:
    table = prepared(tmp_path, group="shop")
    for train, held_out in table.splits:
        assert not set(FRAME["shop"][train]) & set(FRAME["shop"][held_out])
    assert "shop" not in table.schema.names
    assert Table.load(tmp_path / "study" / "table").grouped
    assert not prepared(tmp_path / "again").grouped


def test_a_row_without_group_is_a_group_of_its_own(tmp_path: Path) -> None:
    frame = FRAME.assign(shop=FRAME["shop"].where(FRAME["shop"] > 15))
    table = prepared(tmp_path, frame, group="shop")
    assert np.bincount(table.folds[0]).tolist() == [20] * 5


def test_rows_are_in_the_order_of_time_and_trained_on_before_it(tmp_path: Path) -> None:
    frame = FRAME.assign(day=FRAME["day"].dt.strftime("%d.%m.%Y").mask(FRAME.index == 7))
    table = prepared(tmp_path, frame, time="day")
    assert table.features["day"].is_monotonic_increasing
    assert found(table) == {"undated_rows": 1}
    assert len(table.splits) == 5
    for train, held_out in table.splits:
        assert table.features["day"].iloc[train].max() < table.features["day"].iloc[held_out].min()
        assert len(train) >= 49
    ordered = FRAME[FRAME.index != 7].sort_values("day")
    np.testing.assert_array_equal(table.features["x"], ordered["x"])
    assert table.target[:, 0].tolist() == (ordered["y"] == "yes").astype(float).tolist()


def test_excluded_columns_are_no_features(tmp_path: Path) -> None:
    assert "review" not in prepared(tmp_path, exclude=["review", "x"]).schema.names


def test_whole_numbers_taken_as_classes_are_told(tmp_path: Path) -> None:
    frame = FRAME.assign(stars=RANDOM.integers(1, 6, ROWS))
    assert "numeric_classes" in found(prepared(tmp_path, frame, target="stars"))


def test_the_same_rows_are_split_anew_for_each_repeat(tmp_path: Path) -> None:
    assert len(prepared(tmp_path, repeats=3).splits) == 15


TEST = FRAME[:20].assign(y=["new", None, *FRAME["y"][2:20]], color=["green", *FRAME["color"][1:20]])


def test_test_rows_are_read_alike_and_those_that_cannot_be_scored_told(tmp_path: Path) -> None:
    table = prepared(tmp_path, test=TEST, weight="importance")
    assert table.test is not None
    assert table.test.weight is not None
    assert table.test.features.shape == (18, 6)
    assert table.test.target.tolist() == table.problems[0].encode(FRAME["y"][2:20])[:, None].tolist()
    assert found(table.test) == {"unscored_rows": 2}
    assert not table.test.splits


def test_a_test_file_of_other_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"got none \(the classes are y: 'no', 'yes'\)"):
        prepared(tmp_path, test=TEST.assign(y="new"))


def test_a_test_file_without_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="target of the test data must be a column"):
        prepared(tmp_path, test=TEST.drop(columns="y"))


def test_the_same_data_and_options_go_on(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    FRAME.to_csv(path, index=False)
    first = prepared(tmp_path, path, group="shop", test=TEST)
    for source in (path, str(path), None):
        again = prepared(tmp_path, source, group="shop", test=TEST)
        np.testing.assert_array_equal(again.folds, first.folds)


def test_a_slower_session_goes_on_with_the_table_of_a_faster_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "study" / "table"
    (folder.parent / "table.999999999").mkdir(parents=True)  # Left by a session that was killed.
    save = Analysis.save

    def after_another(analysis: Analysis, own: Path) -> None:
        monkeypatch.setattr(Analysis, "save", save)
        with monkeypatch.context() as other:
            other.setattr("os.getpid", os.getppid)
            prepared(tmp_path)
        save(analysis, own)

    monkeypatch.setattr(Analysis, "save", after_another)
    assert len(prepared(tmp_path).target) == ROWS
    assert [path.name for path in folder.parent.iterdir()] == ["table"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "price"}, "the target was 'y' and is now 'price'"),
        ({"group": "shop"}, "the group was not given and is now 'shop'"),
        ({"seed": 1}, "the seed was 0 and is now 1"),
        ({"frame": FRAME[::-1]}, "the data are others"),
        ({"frame": FRAME.assign(x=FRAME["x"].where(FRAME.index != 50, 0))}, "the data are others"),
        ({"test": TEST}, "the test rows are others"),
    ],
)
def test_other_data_or_options_do_not_go_on(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    prepared(tmp_path)
    with pytest.raises(InputError, match=message):
        prepared(tmp_path, **change)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (FRAME, {"target": "Y"}, "Did you mean 'y'"),
        (FRAME, {"group": "shops"}, "the group must be a column of the table, got 'shops'. Did you mean 'shop'"),
        (FRAME, {"time": "color"}, "must hold dates or numbers, but 'color' does not"),
        (FRAME, {"weight": "price"}, "weights must be numbers of 0 or more"),
        (FRAME, {"weight": "color"}, "weights must be numbers of 0 or more"),
        (FRAME, {"exclude": ["z"]}, "the column to exclude must be a column"),
        (FRAME, {"task": "binray"}, "Did you mean 'binary'"),
        (FRAME, {"group": "shop", "time": "day"}, "not both"),
        (FRAME, {"group": "y"}, "the group column must not be the target"),
        (FRAME, {"exclude": ["y"]}, "the target must not be excluded"),
        (FRAME, {"target": []}, "a target must be named"),
        (FRAME[["y"]], {}, "a column to predict from"),
        (FRAME[:1], {}, "the same one in all rows"),
        (FRAME[:0], {}, "a table must have rows"),
        (FRAME[:2].assign(y=["no", "yes"]), {}, "more rows"),
        (None, {}, "Give the data"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    tmp_path: Path, frame: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        prepared(tmp_path, frame, **options)
    assert not (tmp_path / "study" / "table").exists()


def test_a_frame_of_two_thousand_columns_is_prepared(tmp_path: Path) -> None:
    frame = pd.DataFrame(RANDOM.normal(size=(20, 2_000))).assign(y=[0, 1] * 10)
    assert prepared(tmp_path, frame).features.shape == (20, 2_000)
