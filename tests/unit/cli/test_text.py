import io
import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from tunesmith.cli.text import Printable, change, clean, clean_lines, duration, number, shown, sparkline


@pytest.mark.parametrize(
    ("given_text", "cleaned"),
    [
        ("[bold]loud[/]", "[bold]loud[/]"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;a new window title\x07text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0;2;0;0;0\x1b\\picture", "picture"),
        ("\x1b(Btext\x1bc", "text"),
        ("\x9b31mred", "red"),
        ("impute_pruned \x1b[", "impute_pruned"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("back\x08\x00\x7fspace", "backspace"),
        ("right\u202eto left", "rightto left"),
        ("lone surrogate \ud800", "lone surrogate ?"),
        ("größe 学習率 λ", "größe 学習率 λ"),
    ],
)
def test_data_cannot_steer_the_terminal(given_text: str, cleaned: str) -> None:
    assert clean(given_text) == cleaned


@given(st.text(st.characters(codec=None), max_size=200))
def test_nothing_but_visible_characters_is_left(text: str) -> None:
    for line in (clean(text), *clean_lines(text)):
        assert not {unicodedata.category(character) for character in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_progress_bar_in_a_log_shows_its_last_state() -> None:
    assert clean_lines("10 %\r55 %\r100 %\ndone\r\nend") == ["100 %", "done", "end"]


@given(st.lists(st.floats() | st.floats(1e-300, 1e300), max_size=60), st.integers(1, 40))
def test_any_curve_has_a_sparkline_that_fits(values: list[float], width: int) -> None:
    drawn = sparkline(values, width)
    assert len(drawn) <= width
    assert set(drawn) <= set(" ▁▂▃▄▅▆▇█")
    assert bool(drawn.strip()) == any(math.isfinite(value) for value in values)


def test_a_sparkline_shows_the_shape() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1.0, math.nan, 3.0], 8) == "▁ █"
    assert sparkline([5.0] * 4, 8) == "▁▁▁▁"
    assert sparkline([1e6, 4.0, 3.0, 2.0, 1.0], 8) == "█▃▂▁▁", "one huge value does not hide the rest"
    assert len(sparkline(range(1000), 20)) == 20


def test_numbers_durations_and_changes_are_short() -> None:
    assert [number(v) for v in (0.5, 1e-9, 123456.0, math.nan, None)] == ["0.5", "1e-09", "1.235e+05", "nan", "-"]
    assert [duration(s) for s in (0, 59.94, 59.96, 3599.6, math.inf)] == ["0.0 s", "59.9 s", "1:00", "1:00:00", "-"]
    assert [shown(v) for v in (None, False, 3, 0.1 + 0.2, {"a": 1}, "x\n[red]")] == [
        *("null", "false", "3", "0.3", '{"a": 1}', "x [red]")
    ]
    assert change(-0.9, -1.0) == "+10.0 %", "the sign is that of the metric itself"
    assert change(1e300, 1e-300) is None
    assert (change(30.0, 1.0), change(3000.0, 1.0)) == ("+2900 %", "+3e+05 %")


def test_a_console_that_knows_ascii_alone_gets_ascii_alone() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Console(file=stream, width=40)
    console.print(Printable(Text("★ best ▁▄█ ━━── größe 学")))
    stream.flush()
    assert stream.buffer.getvalue() == b"* best _=# ==-- gr??e ?\n"  # type: ignore[attr-defined]
