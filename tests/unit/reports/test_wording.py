import pytest

from tunesmith.reports import wording


@pytest.mark.parametrize(
    ("given", "words"),
    [(None, "–"), (float("nan"), "–"), (3.0, "3"), (-0.5, "−0.5"), (1e300, "1e+300"), (0.123456789, "0.12346")],
)
def test_numbers(given, words):
    assert wording.number(given) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0.0, "0 s"), (59.0, "59 s"), (59.99, "1 min 0 s"), (3599.9, "1 h 0 min"), (90_000, "1 d 1 h")],
)
def test_durations(seconds, words):
    assert wording.duration(seconds) == words


def test_sizes_and_shares():
    assert [wording.size(s) for s in (None, 0, 999, 1.5e9, 3e13)] == ["–", "0 B", "999 B", "1.5 GB", "30 TB"]
    assert [wording.share(s) for s in (None, 0.0, 0.031, 0.345, 12.0)] == ["–", "0.0 %", "3.1 %", "34.5 %", "1.2e+03 %"]


def test_values_read_as_they_were_written():
    assert [wording.value(v) for v in (True, None, 1, 0.1, "a", [1, "é"])] == [
        "true",
        "null",
        "1",
        "0.1",
        "a",
        '[1, "é"]',
    ]


def test_plain_text_has_no_terminal_codes_and_an_end():
    assert wording.plain("\x1b[1;31mred\x1b[0m\x00\nnext\ttab") == "red\nnext\ttab"
    assert wording.plain("x" * 30 + "end", most=5) == "…xxend"
