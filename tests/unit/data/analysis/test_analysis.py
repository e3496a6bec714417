"""The analysis as a whole: any table can be looked at, and what was found can be stored."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.data.analysis import Analysis, analyse
from tunesmith.errors import InputError

CELLS = {
    "numbers": st.floats(width=32) | st.integers(-(2**53), 2**53),
    "few numbers": st.integers(0, 2),
    "words": st.none() | st.text(max_size=6),
    "numbers as text": st.floats(-9, 9).map(str) | st.sampled_from(["", " ", "?", "n/a"]),
    "dates": st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)) | st.just(pd.NaT),
    "flags": st.booleans() | st.none(),
    "mixed": st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    "one value": st.just(7),
}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(2, 130))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    columns: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(["a", "user_id", "date", "row_nr", "é", "x y"]), unique=True)):
        cells = draw(st.lists(CELLS[draw(st.sampled_from(sorted(CELLS)))], min_size=1, max_size=12))
        picked = [cells[index] for index in random.integers(0, len(cells), rows)]
        columns[name] = pd.Series(picked, dtype=object) if random.random() < 0.5 else pd.Series(picked)
    numbers = draw(st.booleans())
    columns["y"] = random.normal(size=rows) if numbers else np.resize(["no", "yes", "maybe"], rows)
    return pd.DataFrame(columns)


@given(tables(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_table_can_be_looked_at_and_the_analysis_survives_json(table: pd.DataFrame, tested: bool) -> None:
    analysis = analyse(table, "y", test=table.iloc[::2] if tested else None)
    assert Analysis.from_table(orjson.loads(orjson.dumps(analysis.to_table()))) == analysis
    assert [facts.name for facts in analysis.columns] == [name for name in table.columns if name != "y"]


def test_the_same_seed_gives_the_same_analysis() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(300, 4)), columns=list("abcy"))
    assert analyse(table, "y", seed=3).findings == analyse(table, "y", seed=3).findings


def test_an_analysis_is_kept_in_the_folder_of_a_table(tmp_path: Path) -> None:
    analysis = analyse(pd.DataFrame({"a": range(60), "y": [0, 1, 2] * 20}), "y")
    assert Analysis.load(tmp_path) is None
    analysis.save(tmp_path)
    assert Analysis.load(tmp_path) == analysis


def test_facts_of_columns_say_kind_missing_range_and_most_frequent_values() -> None:
    table = pd.DataFrame(
        {
            "age": [31.0, np.nan, 18.0, 31.0],
            "town": ["Ulm", "Ulm", "Bonn", None],
            "day": pd.to_datetime(["2024-01-05", "2024-01-01", "2024-01-02", "2024-01-02"]),
        }
    )
    age, town, day = analyse(table).columns
    assert (age.kind, age.missing, age.distinct, age.least, age.median, age.greatest) == ("number", 0.25, 2, 18, 31, 31)
    assert (town.kind, town.distinct, town.top) == ("category", 2, (("Ulm", 0.5), ("Bonn", 0.25)))
    assert (day.kind, day.least, day.greatest) == ("date", "2024-01-01T00:00:00", "2024-01-05T00:00:00")


def test_a_large_table_is_sampled_and_says_so() -> None:
    random = np.random.default_rng(0)
    analysis = analyse(pd.DataFrame({"a": random.normal(size=60_000), "y": random.integers(0, 2, 60_000)}), "y")
    assert (analysis.rows, analysis.rows_sampled) == (60_000, 50_000)
    assert analysis.sample == "50,000 of 60,000 rows, drawn at random, were looked at."


def test_a_target_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="target must be a column"):
        analyse(pd.DataFrame({"a": [1, 2, 3]}), "y")
