"""Any table comes back from a file in any spelling, is read alike after a round trip, and is split into sound folds."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tunesmith.data.folds import assign_folds
from tunesmith.data.problem import Problem
from tunesmith.data.read import read_frame
from tunesmith.data.schema import Schema
from tunesmith.data.table import Table

ROWS = 12
LETTERS = st.characters(categories=["Lu", "Ll"], max_codepoint=0xFF, exclude_characters="ªº")
NAMES = st.lists(st.text(LETTERS, min_size=1, max_size=8), min_size=2, max_size=5, unique_by=str.casefold)
NUMBERS = st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda value: float(f"{value:.6g}"))
WORDS = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=9).map(
    lambda text: f"x{text}"
)
COLUMNS = st.one_of(
    st.lists(st.one_of(NUMBERS, st.none()), min_size=ROWS, max_size=ROWS),
    st.lists(st.integers(-(2**53), 2**53), min_size=ROWS, max_size=ROWS),
    st.lists(st.one_of(WORDS, st.none()), min_size=ROWS, max_size=ROWS),
    st.lists(
        WORDS.flatmap(lambda word: WORDS.map(lambda other: f"{word}, {other}; {word}")), min_size=ROWS, max_size=ROWS
    ),
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(draw(COLUMNS)) for name in draw(NAMES)})


@settings(max_examples=60, deadline=None)
@given(
    frame=frames(),
    separator=st.sampled_from(",;\t|"),
    comma=st.booleans(),
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_any_frame_comes_back_from_a_csv_file_in_any_spelling(
    frame: pd.DataFrame, separator: str, comma: bool, encoding: str, quoting: Any, newline: str
) -> None:
    decimal = "," if comma and separator != "," else "."
    buffer = io.StringIO(newline="")
    frame.to_csv(buffer, sep=separator, decimal=decimal, index=False, quoting=quoting, lineterminator=newline)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(buffer.getvalue().encode(encoding))
        back = read_frame(path)
    assert list(back.columns) == list(frame.columns)
    for name in frame.columns:
        if frame[name].isna().all():
            assert back[name].isna().all()
        elif frame[name].dtype.kind in "if":
            np.testing.assert_allclose(back[name].to_numpy(dtype=float), frame[name].to_numpy(dtype=float), rtol=1e-12)
        else:
            known = frame[name].notna()
            assert back[name].notna().tolist() == known.tolist()
            assert back.loc[known, name].tolist() == frame.loc[known, name].tolist()


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=5),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.lists(st.integers(), max_size=2),
)
OBJECTS = st.one_of(
    st.lists(CELLS, min_size=ROWS, max_size=ROWS), st.lists(st.text(max_size=4), min_size=ROWS, max_size=ROWS)
)


@settings(max_examples=40, deadline=None)
@example(columns=[["\0", *[""] * (ROWS - 1)]], order=[1, 0, *range(2, ROWS)])
@given(columns=st.lists(OBJECTS, min_size=1, max_size=3), order=st.permutations(range(ROWS)))
def test_any_objects_are_read_alike_after_a_round_trip_and_in_any_order(
    columns: list[list[Any]], order: list[int]
) -> None:
    frame = pd.DataFrame({f"c{index}": pd.Series(values, dtype=object) for index, values in enumerate(columns)})
    schema = Schema.infer(frame)
    read = schema.read(frame)
    table = Table(
        schema=schema,
        problems=(Problem(target="y", kind="regression"),),
        features=read,
        target=np.zeros((ROWS, 1)),
        folds=np.zeros((1, ROWS), dtype=np.int8),
    )
    with tempfile.TemporaryDirectory() as folder:
        table.save(Path(folder) / "table")
        stored = Table.load(Path(folder) / "table")
        assert stored.schema == schema
        for name in read.columns:
            assert stored.features[name].isna().tolist() == read[name].isna().tolist()
            assert stored.features[name].dropna().tolist() == read[name].dropna().tolist()
    shuffled = schema.read(frame.iloc[order])
    for name in read.columns:
        assert shuffled[name].isna().tolist() == read[name].iloc[order].isna().tolist()


@settings(max_examples=60, deadline=None)
@given(data=st.data(), rows=st.integers(4, 80), count=st.integers(2, 6), seed=st.integers(0, 2**32))
def test_any_classes_are_split_into_sound_folds(data: st.DataObject, rows: int, count: int, seed: int) -> None:
    drawn = data.draw(
        st.lists(st.integers(0, count - 1), min_size=rows, max_size=rows).filter(lambda c: len(set(c)) > 1)
    )
    names, target = np.unique(drawn, return_inverse=True)
    kind: Any = "binary" if len(names) == 2 else "multiclass"
    problem = Problem(target="y", kind=kind, classes=tuple(map(str, names)))
    if np.bincount(target).max() < 2:
        return
    folds = assign_folds([problem], target[:, None].astype(float), seed=seed, repeats=2)
    for assigned in folds:
        assert ((assigned >= 0) == (folds[0] >= 0)).all()
        assert set(assigned[assigned >= 0]) <= set(range(5))
        for fold in set(assigned[assigned >= 0]):
            assert set(target[assigned == fold]) <= set(target[assigned != fold])


@settings(max_examples=60, deadline=None)
@given(
    groups=st.lists(st.integers(0, 9), min_size=4, max_size=60).filter(lambda g: len(set(g)) > 1),
    seed=st.integers(0, 99),
)
def test_no_group_is_in_two_folds(groups: list[int], seed: int) -> None:
    target = np.random.default_rng(seed).normal(size=(len(groups), 1))
    problem = Problem(target="y", kind="regression")
    (folds,) = assign_folds([problem], target, seed=seed, groups=np.array(groups))
    assert (folds >= 0).all()
    assert len({(group, fold) for group, fold in zip(groups, folds.tolist(), strict=True)}) == len(set(groups))
    assert len(set(folds.tolist())) == min(5, len(set(groups)))


@settings(max_examples=60, deadline=None)
@given(times=st.lists(st.integers(0, 30), min_size=4, max_size=60).filter(lambda t: len(set(t)) > 1).map(sorted))
def test_folds_of_time_are_later_than_what_is_trained_on(times: list[int]) -> None:
    problem, moments = Problem(target="y", kind="regression"), np.array(times)
    (folds,) = assign_folds([problem], np.zeros((len(times), 1)), seed=0, times=moments)
    for fold in set(folds[folds >= 0].tolist()):
        held_out = np.flatnonzero(folds == fold)
        assert held_out[0] > 0
        assert moments[: held_out[0]].max() < moments[held_out].min()
