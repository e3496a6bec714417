from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunesmith.data import csv_file
from tunesmith.data.csv_file import read_csv
from tunesmith.data.limits import Limits
from tunesmith.errors import InputError


def read(tmp_path: Path, content: str | bytes, limits: Limits | None = None) -> csv_file.CsvTable:
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(path, limits or Limits())


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1.5,x\n",
        "a;b\n1,5;x\n",
        "a\tb\n1.5\tx\n",
        "a|b\n1,5|x\n",
        "sep=;\na;b\n1,5;x\n",
        "a, b\n1.5, x\n",
        "'a','b'\n1.5,'x'\n",
        '"a";"b"\r\n"1,5";"x"\r\n',
        "a,b\n1.5,x,\n",
        "a,b\n\n1.5,x\n\n",
    ],
)
def test_every_spelling_is_the_same_table(tmp_path: Path, text: str) -> None:
    frame = read(tmp_path, text).frame
    assert frame.to_dict("list") == {"a": [1.5], "b": ["x"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    frame = read(tmp_path, "größe;ort\n1;Köln\n2;Ulm\n".encode(encoding)).frame
    assert frame.to_dict("list") == {"größe": [1, 2], "ort": ["Köln", "Ulm"]}


def test_a_byte_that_is_no_utf_8_may_come_late(tmp_path: Path) -> None:
    rows = "a,b\n" + "1,x\n" * 100_000
    frame = read(tmp_path, rows.encode() + "2,Köln\n".encode("cp1252")).frame
    assert frame["b"].iloc[-1] == "Köln"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_a_compressed_file_is_read(tmp_path: Path, compress: object) -> None:
    assert callable(compress)
    assert read(tmp_path, compress(b"a,b\n1,2\n")).frame.to_dict("list") == {"a": [1], "b": [2]}


def test_a_zip_file_of_one_table_is_read_and_of_two_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("one.csv", "a,b\n1,2\n")
    assert read(tmp_path, buffer.getvalue()).frame.to_dict("list") == {"a": [1], "b": [2]}
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("two.csv", "a,b\n1,2\n")
    with pytest.raises(InputError, match="this one holds 2 files"):
        read(tmp_path, buffer.getvalue())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1.5,2\n3,4\n", ["column_0", "column_1"]),
        ("6,148,0.6,6\n1,85,0.3,0\n", ["column_0", "column_1", "column_2", "column_3"]),
        ("0,1\n5,6\n", ["0", "1"]),
        ("2019,2020\n5,6\n", ["2019", "2020"]),
        ("a,b\nr1,1,2\nr2,3,4\n", ["", "a", "b"]),
        ("x y\n1 2\n3  4\n", ["x", "y"]),
        ("review\ngood, but long\nbad\n", ["review"]),
    ],
)
def test_names_are_found_where_there_are_any(tmp_path: Path, text: str, names: list[str]) -> None:
    table = read(tmp_path, text)
    assert list(table.frame.columns) == names
    assert len(table.frame) == 2 - (names[0] in ("0", "2019"))


def test_numbers_with_thousands_keep_their_decimal_mark(tmp_path: Path) -> None:
    assert read(tmp_path, 'a,b\n"1,234.5",1\n"2,000",2\n').decimal == "."
    assert read(tmp_path, "a;b\n1.234,5;1\n2.000;2\n").decimal == ","


def test_fields_may_hold_separators_quotes_and_line_ends(tmp_path: Path) -> None:
    frame = read(tmp_path, 'a,b\n"x,""y""\nz",1\nw,2\n').frame
    assert frame.to_dict("list") == {"a": ['x,"y"\nz', "w"], "b": [1, 2]}


def test_quotes_may_be_escaped(tmp_path: Path) -> None:
    frame = read(tmp_path, 'a,b\n"say \\"hi\\", now",1\n').frame
    assert frame.to_dict("list") == {"a": ['say "hi", now'], "b": [1]}


def test_a_few_lines_that_are_too_long_are_left_out_and_told(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n" + "1,2\n" * 50 + "1,2,3\n")
    assert len(table.frame) == 50
    assert [(finding.kind, finding.values["lines"]) for finding in table.findings] == [("bad_lines", 1)]


def test_many_lines_that_are_too_long_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 lines of 5 have more fields than the header"):
        read(tmp_path, "a,b\n1,2\n1,2,3\n1,2\n1,2,3\n1,2\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n\n", "it has no columns"),
        (b"\x00\x01\x02\x03garbage\xff" * 10, "it is no text"),
        (gzip.compress(b"a,b\n1,2\n")[:-6], "ended before"),
        (gzip.compress(b"a,b\n1,2\n" * 999)[:40], "ended before"),
        (b"PK\x03\x04 no zip", "zip"),
        (b"a,b,y\n1,2,yes\n3,no\n4,5,6,7,yes\n" * 9, "as many fields as the header, 3 .* but row 3 has 2"),
    ],
    ids=["blank", "binary", "cut at its end", "cut", "no zip", "ragged"],
)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


NUMBERS = pd.DataFrame({"row": np.arange(20_000), "value": np.arange(20_000) / 7})


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "_LARGE_BYTES", 1000)
    monkeypatch.setattr(csv_file, "_PART_BYTES", 2000)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_of_a_large_file_evenly_spaced_whole_rows_are_read(tmp_path: Path, compress: type[bytes]) -> None:
    content = compress(NUMBERS.to_csv(index=False).encode())
    table = read(tmp_path, content, Limits(memory_bytes=NUMBERS.memory_usage().sum() / 4))
    rows = table.frame["row"].to_numpy()
    assert 3000 < len(rows) < 7000
    assert (np.diff(rows) > 0).all()
    assert rows[0] == 0
    assert np.diff(rows).max() < 1000
    assert rows[-1] > 19_000
    np.testing.assert_allclose(table.frame["value"], rows / 7)
    (finding,) = table.findings
    assert finding.kind == "sampled_rows"
    assert "evenly spaced" in finding.remedy


@pytest.mark.usefixtures("small_parts")
def test_of_a_large_file_with_line_ends_in_fields_the_first_rows_are_read(tmp_path: Path) -> None:
    frame = NUMBERS.assign(text="two\nlines")
    table = read(tmp_path, frame.to_csv(index=False).encode(), Limits(memory_bytes=1e5))
    assert table.frame["row"].tolist() == list(range(len(table.frame)))
    assert (table.frame["text"] == "two\nlines").all()
    assert "the first rows" in table.findings[0].remedy
