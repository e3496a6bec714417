import re

import numpy as np
import pytest

pytest.importorskip("websocket")

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from chromium import NO_WEBGL, PROGRAM, browser

from tests.fitted_tables import first_configuration, fitted, mixed_table
from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal
from tunesmith.history.history import History
from tunesmith.journal.events import TrialNoted, TrialProposed, TrialStarted, from_record
from tunesmith.reports.html import write_report
from tunesmith.testing.example import example_history

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")]

READY = "document.documentElement.dataset.ready !== undefined"
EVIL = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'


@pytest.fixture(scope="module")
def page():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return write_report(example_history(), tmp_path_factory.mktemp("report") / "report.html", title="A study")


@pytest.fixture(scope="module")
def fit_report(tmp_path_factory):
    """The report of a fit whose columns and values are hostile."""
    frame = mixed_table("binary", rows=200).rename(columns={"size": EVIL})
    frame.loc[frame["town"] == "Ulm", "town"] = EVIL
    configurations = [first_configuration(name, frame) for name in ("linear", "decision_tree")]
    return fitted(tmp_path_factory.mktemp("fit"), frame, configurations).report()


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1200, "dark")])
def test_the_report_of_a_fit_is_drawn_and_runs_nothing_from_the_data(page, fit_report, scheme, width):
    page.events.clear()
    page.scheme(scheme)
    page.size(width, 900)
    page.open(fit_report, until=READY)
    drawn = page.run("[...document.querySelectorAll('figure')].map((f) => f.dataset.drawn)")
    assert len(drawn) > 8
    assert set(drawn) == {"yes"}
    assert page.run("document.documentElement.scrollWidth <= innerWidth"), "the page must not scroll sideways"
    assert page.run("window.hacked === undefined")
    assert page.complaints == []
    assert page.requests == [fit_report.as_uri()]


@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_plot_is_drawn_and_nothing_complains(page, report, scheme, width):
    page.events.clear()
    page.scheme(scheme)
    page.size(width, 900)
    page.open(report, until=READY)
    assert page.run("[...document.querySelectorAll('figure')].map((f) => f.dataset.drawn)") == ["yes"] * 4
    marks = page.run(
        "[...document.querySelectorAll('figure')].map((f) => f.querySelectorAll('.point, .js-line, canvas').length)"
    )
    assert all(marks), marks
    assert page.run("document.documentElement.scrollWidth <= innerWidth"), "the page must not scroll sideways"
    assert page.complaints == []
    assert page.requests == [report.as_uri()]


def test_the_parallel_coordinates_have_ink(page, report, tmp_path):
    page.size(1200, 900)
    page.open(report, until=READY)
    page.run("document.querySelector('#parallel').scrollIntoView({behavior: 'instant'})")
    page.picture(tmp_path / "with.png")
    page.run("document.querySelectorAll('#parallel canvas').forEach((c) => { c.style.visibility = 'hidden'; })")
    page.picture(tmp_path / "without.png")
    page.run("document.querySelectorAll('#parallel canvas').forEach((c) => { c.style.visibility = ''; })")
    page.picture(tmp_path / "again.png")
    lines, bare, again = ((tmp_path / f"{name}.png").read_bytes() for name in ("with", "without", "again"))
    assert lines == again != bare


def test_the_plots_follow_the_scheme(page, report):
    colour = "getComputedStyle(document.querySelector('#importance .xtick text')).fill"
    page.scheme("light")
    page.open(report, until=READY)
    light = page.run(colour)
    page.scheme("dark")
    page.run("new Promise((done) => setTimeout(done, 1500))")
    assert page.run(colour) != light


def test_no_button_uploads_anything(page, report):
    page.open(report, until=READY)
    titles = page.run("[...document.querySelectorAll('.modebar-btn')].map((b) => b.dataset.title ?? b.title ?? '')")
    assert titles
    assert not [title for title in titles if re.search("cloud|share|upload|link|edit", title, re.IGNORECASE)]


def test_the_table_sorts_both_ways_with_what_is_missing_last(page, report):
    page.open(report, until=READY)
    script = """(() => {
      const table = document.querySelector('#trials table');
      const header = [...table.tHead.rows[0].cells].find((c) => c.textContent === 'val_mse');
      header.querySelector('button').click();
      return [header.getAttribute('aria-sort'), ...[...table.tBodies[0].rows].map((r) => r.cells[2].dataset.value)];
    })()"""
    for way, reverse in (("ascending", False), ("descending", True)):
        told, *values = page.run(script)
        assert told == way
        numbers = [float(value) for value in values if value]
        assert numbers == sorted(numbers, reverse=reverse)
        assert values[len(numbers) :] == [""] * (len(values) - len(numbers)) != []


def test_text_from_outside_is_not_run(page, tmp_path):
    space = SearchSpace({EVIL: Float(0.0, 1.0), "kind": Choice([EVIL, "<b>bold</b>"])})
    history = History(space, Objective.parse("minimize loss"))
    rng = np.random.default_rng(0)
    for number in range(14):
        parameters = space.sample(rng)
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters=parameters, proposer=EVIL, reason=EVIL)))
        history.apply(TrialStarted(trial=number, attempt=1))
        if number < 12:
            told = {"state": "complete", "metrics": {"loss": parameters[EVIL]}}
        else:
            told = {"state": "failed", "failure": {"kind": "exit", "reason": EVIL, "log_tail": EVIL}}
        history.apply(from_record({"event": "trial_finished", "trial": number, **told}))
    history.apply(TrialNoted(trial=3, text=EVIL))
    page.events.clear()
    page.open(write_report(history, tmp_path / "r.html", title=EVIL, facts={EVIL: EVIL}), until=READY)
    assert page.run("window.hacked === undefined")
    assert page.run("document.querySelectorAll('img, b').length") == 0
    assert page.run("document.querySelector('h1').textContent") == EVIL
    assert page.run("[...document.querySelectorAll('#parallel text')].some((t) => t.textContent.includes('<b>bold'))")
    assert page.complaints == []


def test_without_webgl_the_page_says_so(report):
    with browser(*NO_WEBGL) as plain:
        plain.open(report, until=READY)
        assert plain.run("document.querySelector('#parallel figure').dataset.drawn") == "no-webgl"
        assert plain.run("document.querySelector('.no-webgl').offsetHeight > 0")
        assert plain.run("document.querySelector('#history figure').dataset.drawn") == "yes"
        assert plain.complaints == []


def test_without_javascript_all_but_the_plots_is_there(report):
    with browser() as plain:
        plain.send("Emulation.setScriptExecutionDisabled", value=True)
        plain.open(report)
        text = plain.run("document.querySelector('main').innerText")
        assert "18.5 % better" in text
        assert "This plot needs JavaScript" in text
        assert plain.run("document.querySelectorAll('button').length") == 0
