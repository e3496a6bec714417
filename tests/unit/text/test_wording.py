import math

import pytest

from tunesmith.text import wording


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "–"), (float("nan"), "nan"), (3.0, "3"), (-0.5, "−0.5"), (1e300, "1e+300"), (0.123456789, "0.12346")],
)
def test_numbers(value, words):
    assert wording.number(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0.0, "0 s"),
        (59.0, "59 s"),
        (59.99, "1 min"),
        (3599.9, "1 h"),
        (75.0, "1 min 15 s"),
        (4.23, "4.23 s"),
        (59.94, "59.9 s"),
        (7384, "2 h 3 min"),
        (90_000, "1 d 1 h"),
        (math.inf, "–"),
    ],
)
def test_durations(seconds, words):
    assert wording.duration(seconds) == words


def test_sizes_and_shares():
    assert [wording.size(s) for s in (None, 0, 999, 1.5e9, 3e13)] == ["–", "0 B", "999 B", "1.5 GB", "30 TB"]
    assert [wording.share(s) for s in (None, 0.0, 0.031, 0.345, 12.0)] == ["–", "0 %", "3.1 %", "34.5 %", "1200 %"]


def test_values_read_as_they_were_written():
    assert [wording.value(v) for v in (True, None, 1, 0.1, "a", [1, "é"])] == [
        "true",
        "null",
        "1",
        "0.1",
        "a",
        '[1, "é"]',
    ]


def test_numbers_and_changes_are_short() -> None:
    assert [wording.number(v) for v in (0.5, 1e-9, 123456.0, 1234567.0)] == ["0.5", "1e−09", "123456", "1.2346e+06"]
    assert [wording.value(v) for v in (0.1 + 0.2, {"a": 1}, "x\n[red]")] == ["0.3", '{"a": 1}', "x [red]"]
    assert wording.change(-0.9, -1.0) == "+10 %", "the sign is that of the metric itself"
    assert wording.change(1e300, 1e-300) is None
    assert [wording.change(v, 1.0) for v in (30.0, 3000.0, 0.97)] == ["+2900 %", None, "−3.0 %"]
