"""How studies and trials show themselves in a notebook and at a prompt."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import tunesmith as ts
from tunesmith.text.html_table import html_table

HOSTILE = "<script>alert(1)</script> \x1b[31m& \"quoted\" 'too'"
KNOWN = {"table", "caption", "tbody", "tr", "th", "td", "br"}


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"style"}
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture
def study() -> ts.Study:
    study = ts.Study(space={"lr <b>": ts.Float(0, 1)}, objective="minimize <y>", name=HOSTILE)
    study.tell(study.ask().number, {"<y>": 0.5})
    study.tell(study.ask().number, ts.Failure(kind="told", reason=HOSTILE))
    return study


def test_text_from_outside_is_never_markup(study: ts.Study) -> None:
    for page in (study._repr_html_(), *(trial._repr_html_() for trial in study.trials), html_table(HOSTILE, [])):
        shown = Tags(page)
        assert shown.tags <= KNOWN
        assert "\x1b" not in page
    assert "lr <b> = 0.5" in Tags(study.trials[0]._repr_html_()).words
    assert "failed: <script>alert(1)</script> & \"quoted\" 'too'" in Tags(study.trials[1]._repr_html_()).words
    assert {"best", "trial 0", "1 complete, 1 failed", "<y> = 0.5"} <= set(Tags(study._repr_html_()).words)


def test_a_trial_is_one_short_line_at_a_prompt(study: ts.Study) -> None:
    assert repr(study.trials[0]) == "<Trial 0: complete, {'<y>': 0.5} with {'lr <b>': 0.5}>"
    assert repr(study.trials[1]).startswith("<Trial 1: failed, ")
    assert "\x1b" not in repr(study.trials[1])


def test_an_empty_study_shows_itself() -> None:
    study = ts.Study(space={"x": ts.Float(0, 1)}, objective="minimize y, maximize z")
    assert "none" in Tags(study._repr_html_()).words


def test_what_does_not_fit_is_counted() -> None:
    page = html_table("trial 0", [("parameters", {f"x{number}": number for number in range(100)})])
    assert "… 40 more" in page
    assert len(html_table("trial 0", [("why", "long " * 10_000)])) < 1000
