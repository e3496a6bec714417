import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.text.cleaning import clean, clean_lines, plain, valid, visible


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


@given(st.text(st.characters(codec=None), max_size=200))
def test_every_text_can_be_stored_and_valid_text_stays(text: str) -> None:
    stored = valid(text)
    assert stored.encode().decode() == valid(stored) == stored
    assert (stored == text) == (not any("\ud800" <= character <= "\udfff" for character in text))


@given(st.text(st.characters(codec=None), max_size=200))
def test_visible_text_keeps_its_lines(text: str) -> None:
    shown = visible(text)
    assert shown.count("\n") == text.count("\n")
    assert visible(shown) == shown
    assert not {unicodedata.category(character) for character in shown.translate({9: None, 10: None})} & {
        "Cc", "Cf", "Cs", "Zl", "Zp",
    }  # fmt: skip


def test_an_escape_without_an_end_hides_one_line_at_most() -> None:
    assert visible("name \x1b]52;c;hidden\nnext") == "name \nnext"


def test_a_progress_bar_in_a_log_shows_its_last_state() -> None:
    assert clean_lines("10 %\r55 %\r100 %\ndone\r\nend") == ["100 %", "done", "end"]


def test_long_text_keeps_its_end() -> None:
    assert plain("\x1b[1;31mred\x1b[0m\x00\nnext\ttab") == "red\nnext    tab"
    assert plain("x" * 30 + "end", most=5) == "…xxend"
