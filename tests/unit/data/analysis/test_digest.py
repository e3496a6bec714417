from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.data.analysis import Analysis, analyse, as_text, column_rows, digest
from tunesmith.data.analysis.facts import ColumnFacts
from tunesmith.data.findings import Finding

RANDOM = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "age": RANDOM.integers(18, 80, 200),
        "town": RANDOM.choice(["Ulm", "Bonn"], 200),
        "key": [f"secret-{number}" for number in RANDOM.permutation(200)],
        "y": RANDOM.choice(["no", "yes"], 200),
    }
)
WILD = st.text(max_size=300)


def made_up(texts: list[str], columns: int) -> Analysis:
    return Analysis(
        findings=tuple(Finding(kind="drift", severity="warning", text=text, remedy=text) for text in texts),
        columns=tuple(
            ColumnFacts(name=f"{texts[0] if texts else ''}{index}", kind="number", missing=0.5, distinct=index)
            for index in range(columns)
        ),
        rows=10,
        rows_sampled=10,
        targets=tuple(texts[:7]),
    )


@given(st.lists(WILD, max_size=30), st.integers(0, 60), st.integers(200, 3000))
def test_a_digest_is_bounded_and_has_no_control_characters(texts: list[str], columns: int, most: int) -> None:
    text = digest(made_up(texts, columns), most)
    assert len(text) <= most
    assert {unicodedata.category(character) for character in text.replace("\n", "")}.isdisjoint(
        {"Cc", "Cf", "Zl", "Zp"}
    )


def test_a_digest_says_what_was_left_out() -> None:
    text = digest(made_up(["x" * 100] * 30, 100))
    assert "more findings" in text
    assert "more columns" in text


def test_a_digest_names_categories_but_neither_keys_nor_many() -> None:
    text = digest(analyse(TABLE, "y"))
    assert "- age: number, " in text
    assert "'Ulm'" in text
    assert "secret-" not in text


def test_the_text_for_a_terminal_has_every_finding_and_column() -> None:
    analysis = analyse(TABLE, "y")
    lines = as_text(analysis).splitlines()
    assert lines[0] == "200 rows, 3 columns. All 200 rows were looked at."
    assert sum(line.startswith("warning  identifier:") for line in lines) == 1
    assert [line.split()[0] for line in lines[-3:]] == ["age", "town", "key"]


def test_rows_of_columns_show_range_or_values() -> None:
    age, town, key = column_rows(analyse(TABLE, "y").columns)
    assert age[4].startswith("18 to 79, median ")
    assert town[4].startswith("'")
    assert key[4] == ""
