"""The report of a fit: it says what the assessment says, and text from data stays text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.fitted_tables import first_configuration, fitted, mixed_table

from tunesmith.diagnosis.assessment import BRIEF, Assessment
from tunesmith.fitting.assess import assess_study
from tunesmith.fitting.report import write_fit, write_quickly
from tunesmith.fitting.result import FitResult
from tunesmith.reports.fit.words import explanation_topics
from tunesmith.service.explain import explanation_of
from tunesmith.service.report import write_study
from tunesmith.text.wording import rounded

EVIL = "<script>window.hacked = 1</script>\x1b[31m\u202e"


class Sections(HTMLParser):
    """The text of the page by the id of its section, and the names of all tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.scripts = 0
        self._open, self._section = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.scripts += tag == "script"
        if tag in ("section", "dl") or dict(attributes).get("class") == "divider":
            self._section = dict(attributes).get("id") or ""

    def handle_data(self, data: str) -> None:
        if self._open not in ("script", "style"):
            self.texts[self._section] = self.texts.get(self._section, "") + data


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FitResult:
    frame = mixed_table(request.param, rows=300).rename(columns={"size": EVIL})
    frame.loc[frame["town"] == "Ulm", "town"] = EVIL
    configurations = [first_configuration(name, frame) for name in ("linear", "decision_tree")]
    return fitted(
        tmp_path_factory.mktemp(request.param), frame, configurations, test=mixed_table(request.param, rows=60)
    )


@pytest.fixture(scope="module")
def assessment(result: FitResult) -> Assessment:
    return assess_study(result.study, result.ensemble.combination, BRIEF)


@pytest.fixture(scope="module")
def page(result: FitResult, assessment: Assessment) -> str:
    return write_fit(result.study, result.ensemble.combination, assessment=assessment).read_text()


def test_text_from_data_stays_text(page: str) -> None:
    parsed = Sections(page)
    figures = len(re.findall(r"<figure ", page))
    assert parsed.scripts == figures + 2
    assert "hacked" in parsed.texts["columns"]
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_every_figure_is_json_with_traces(page: str) -> None:
    found = re.findall(r'<script type="application/json">(.*?)</script>', page, flags=re.S)
    assert len(found) >= 6
    for text in found:
        figure = json.loads(text)
        assert figure["data"]
        assert "NaN" not in text


def test_sections_say_what_the_assessment_says(page: str, result: FitResult, assessment: Assessment) -> None:
    texts = Sections(page).texts
    assert rounded(result.ensemble.score, 4) in texts["summary"]
    assert "test rows, by which nothing was chosen" in texts["summary"]
    for row in assessment.leaderboard[1:]:
        assert f"trial {row.trial}" in texts["models"]
    for diagnosis in assessment.diagnoses:
        assert diagnosis.kind.replace("_", " ") in texts["weak"]
    assert "tunesmith predict" in texts["use"]
    assert "Decision log" in texts["decisions"]


def test_the_quick_report_has_the_same_sections(result: FitResult, tmp_path: Path) -> None:
    quick = write_fit(result.study, result.ensemble.combination, tmp_path / "quick.html", thorough=False).read_text()
    assert {"summary", "quality", "columns", "weak", "models", "data", "use"} <= set(Sections(quick).texts)
    assert "adds plots of the search" in quick


def test_a_report_that_cannot_be_written_loses_nothing(result: FitResult, caplog: pytest.LogCaptureFixture) -> None:
    target = result.folder / "report.html"
    target.unlink(missing_ok=True)
    target.mkdir()
    write_quickly(result.study, result.ensemble.combination, seconds=1.0)
    assert "no report was written" in caplog.text
    target.rmdir()


def test_an_explanation_begins_with_the_model(result: FitResult, assessment: Assessment) -> None:
    explained = explanation_of(result.study, None)
    topics = [part.topic for part in explained.parts]
    assert topics[0] == "model"
    assert "goal" not in topics
    words = dict(explanation_topics(assessment))
    assert words["model"][0] in str(explained)


def test_the_report_of_a_fit_s_study_is_that_of_the_fit(result: FitResult, tmp_path: Path) -> None:
    written = write_study(result.study, tmp_path / "study.html").read_text()
    assert "A model of target" in written
