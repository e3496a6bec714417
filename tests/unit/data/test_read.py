from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest
from pyarrow import feather, ipc, parquet
from scipy import sparse

from tunesmith.data import arrow_file
from tunesmith.data.limits import Limits
from tunesmith.data.read import read_frame, read_table
from tunesmith.errors import InputError, MissingExtra

FRAME = pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]})
STRUCTURED = np.array([(1.5, "x"), (2.5, "y")], dtype=[("a", float), ("b", "U3")])


@pytest.mark.parametrize(
    "source",
    [
        FRAME,
        FRAME.set_axis([7, 9]),
        polars.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]}),
        polars.LazyFrame({"a": [1.5, 2.5], "b": ["x", "y"]}),
        pyarrow.table({"a": [1.5, 2.5], "b": ["x", "y"]}),
        pyarrow.table({"a": [1.5, 2.5], "b": ["x", "y"]}).to_batches()[0],
        STRUCTURED,
        STRUCTURED.view(np.recarray),
        {"a": np.array([1.5, 2.5]), "b": ["x", "y"]},
        [{"a": 1.5, "b": "x"}, {"a": 2.5, "b": "y"}],
    ],
    ids=lambda source: f"{type(source).__module__}.{type(source).__name__}",
)
def test_a_table_of_every_library_is_a_frame(source: Any) -> None:
    assert read_frame(source).to_dict("list") == {"a": [1.5, 2.5], "b": ["x", "y"]}
    assert read_frame(source).index.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (np.ones((2, 3)), ["column_0", "column_1", "column_2"]),
        (np.ma.masked_array(np.ones((2, 1)), mask=[[0], [1]]), ["column_0"]),
        (sparse.csr_array(np.eye(2)), ["column_0", "column_1"]),
        (pd.Series([1, 2], name="z"), ["z"]),
        (pd.Series([1, 2]), ["column_0"]),
        (polars.Series("q", [1, 2]), ["q"]),
        (pd.DataFrame([[1, 2]] * 2, columns=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)])), ["x_1", "y_2"]),
        (pd.DataFrame([[1, 2]] * 2, columns=[0, " b "]), ["0", "b"]),
    ],
)
def test_names_are_text(source: Any, names: list[str]) -> None:
    assert list(read_frame(source).columns) == names


def test_the_users_frame_is_left_as_it_is() -> None:
    frame = pd.DataFrame({1: [1], " x ": [2]}, index=[5])
    read_frame(frame)
    assert list(frame.columns) == [1, " x "]
    assert frame.index.tolist() == [5]


def test_repeated_names_are_numbered_and_told() -> None:
    table = read_table(pd.DataFrame([[1, 2, 3, 4]], columns=["a", "a", "a.1", "b"]))
    assert list(table.frame.columns) == ["a", "a.1", "a.1.1", "b"]
    assert [finding.kind for finding in table.findings] == ["repeated_names"]


@pytest.mark.parametrize("text", ["a,a\n1,2\n", ",a\n0,1\n1,2\n", ",a\nx,1\ny,2\n"])
def test_names_of_a_file_are_mended_and_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    table = read_table(path)
    assert len(table.findings) == 1
    assert list(table.frame.columns) == (["a", "a.1"] if text.startswith("a,a") else ["a"])


@pytest.mark.parametrize("name", ["x.parquet", "x.feather", "x.arrow", "x.arrows", "x.bin"])
def test_files_of_arrow_are_read(tmp_path: Path, name: str) -> None:
    path, table = tmp_path / name, pyarrow.Table.from_pandas(FRAME)
    if name == "x.feather":
        feather.write_feather(table, path)
    elif name == "x.arrow":
        with ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)
    elif name == "x.arrows":
        with ipc.new_stream(str(path), table.schema) as writer:
            writer.write_table(table)
    else:
        parquet.write_table(table, path)
    assert read_frame(str(path)).to_dict("list") == {"a": [1.5, 2.5], "b": ["x", "y"]}


@pytest.mark.parametrize("name", ["x.parquet", "x.feather"])
def test_a_file_that_is_cut_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    parquet.write_table(pyarrow.Table.from_pandas(FRAME), path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(InputError, match=r"must be a whole (Parquet|Arrow) file"):
        read_frame(path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (5, "a path or a frame, got int"),
        (np.ones(3), "two dimensions"),
        ({"a": [1], "b": [1, 2]}, "the same number of values, got a 1, b 2"),
        ({"a": 1}, "a list or an array"),
        (pd.DataFrame(), "must have columns"),
        ("no/such/file.csv", "an existing file"),
    ],
)
def test_what_is_no_table_is_refused(source: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_frame(source)


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.csv.gz"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputError, match="is empty"):
        read_frame(tmp_path / name)


def test_a_spreadsheet_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04...")
    with pytest.raises(InputError, match=r"Save x\.xlsx as CSV"):
        read_frame(tmp_path / "x.xlsx")


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FRAME.to_parquet(tmp_path / "x.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"tunesmith\[parquet\]"):
        read_frame(tmp_path / "x.parquet")


def test_without_pyarrow_a_frame_of_polars_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = read_frame(polars.DataFrame({"a": [1, None], "b": ["x", "y"]}))
    assert frame["b"].tolist() == ["x", "y"]
    assert frame["a"].isna().tolist() == [False, True]


def test_of_an_index_only_one_with_a_name_is_read(tmp_path: Path) -> None:
    for name, names in ((None, ["a"]), ("key", ["a", "key"])):
        pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name=name)).to_parquet(tmp_path / "x.parquet")
        assert list(read_frame(tmp_path / "x.parquet").columns) == names


def write(frame: pd.DataFrame, path: Path) -> None:
    table = pyarrow.Table.from_pandas(frame)
    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=2_000 if "groups" in path.name else None)
    else:
        feather.write_feather(table, path, compression="uncompressed")


@pytest.mark.parametrize("name", ["x.parquet", "groups.parquet", "x.feather"])
def test_of_a_large_file_of_arrow_evenly_spaced_rows_are_read(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow_file, "_BATCH_ROWS", 500)
    frame = pd.DataFrame({"row": np.arange(100_000)})
    write(frame, tmp_path / name)
    table = read_table(tmp_path / name, Limits(memory_bytes=frame.memory_usage().sum() / 4))
    rows = table.frame["row"].to_numpy()
    assert 20_000 <= len(rows) <= 30_000
    assert (np.diff(rows) > 0).all()
    assert np.diff(rows, prepend=0, append=100_000).max() < 10_000
    assert [finding.kind for finding in table.findings] == ["sampled_rows"]
