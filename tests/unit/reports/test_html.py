import json
import re
import time

import numpy as np
import pytest
from studies import SPACE, add, empty

from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.errors import OutputError
from tunesmith.journal.events import SearchFocused, TrialNoted
from tunesmith.reports.html import render, write_report
from tunesmith.testing.example import example_history

EVIL = '<script>window.hacked = 1</script><img src=x onerror="window.hacked=1">' + "\x1b[31m\x9b\u202e\x07"


def failing():
    history = empty()
    for _ in range(3):
        add(history, state="failed", failure={"kind": "exit", "reason": "status 1", "log_tail": "Error: no data"})
    return history


def running():
    history = empty()
    add(history, state="running", reports={1: 0.5})
    add(history, state="waiting")
    return history


def single():
    history = empty("maximize accuracy", SearchSpace({"x": Float(0.0, 1.0)}))
    add(history, 0.5, parameters={"x": 0.5})
    return history


def huge():
    history = empty()
    for value in (1e300, -1e300, 1.7e308, 5e-324, 0.0):
        add(history, value)
    return history


def written(history, **options):
    page = render(history, title="a study", **options)
    figures = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    return page, [json.loads(figure, parse_constant=lambda word: pytest.fail(word)) for figure in figures]


@pytest.mark.parametrize(
    ("make", "figures"), [(empty, 0), (failing, 1), (running, 1), (single, 2), (huge, 2), (example_history, 4)]
)
def test_every_study_gives_a_page(make, figures):
    page, charts = written(make())
    assert len(charts) == figures
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<section") == page.count("</section>")
    ids = re.findall(r'\bid="([^"]+)"', page.split("<footer")[0])
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_a_page_without_plots_does_not_carry_plotly():
    assert len(render(empty(), title="a study")) < 40_000


def test_the_first_screen_has_the_result_beside_the_users_own():
    page, _ = written(example_history(), facts={"folder": "studies/x", "seed": 7, "version": "1.2"})
    text = re.sub(r"<[^>]+>", " ", page.split("<footer")[0].split("</style>")[1])
    for words in (
        "18.5 % better",
        "standard errors",
        "0.41041",
        "test_mse",
        "studies/x",
        "Seed of the study",
        "± 0.00529",
    ):
        assert words in text


def test_direction_and_a_leader_of_ones_own():
    page, _ = written(single())
    assert "higher is better" in page
    assert "no trial but your own (trial 0) has a result" in page


def test_the_same_history_gives_the_same_bytes(tmp_path):
    first = write_report(example_history(), tmp_path / "a.html", title="x").read_bytes()
    assert write_report(example_history(), tmp_path / "b.html", title="x").read_bytes() == first


def test_text_from_outside_is_text():
    space = SearchSpace({EVIL: Float(0.0, 1.0), "kind": Choice([EVIL, "</script><b>", "\u2028"])})
    history = empty("minimize loss", space)
    rng = np.random.default_rng(0)
    for _ in range(15):
        parameters = space.sample(rng)
        verdict = {"decision": "accept", "reason": EVIL, "by": EVIL}
        add(history, parameters[EVIL], parameters=parameters, reason=EVIL, proposer=EVIL, verdict=verdict)
    add(history, state="failed", failure={"kind": "exit", "reason": EVIL, "log_tail": EVIL}, parameters=parameters)
    history.apply(TrialNoted(trial=0, text=EVIL))
    history.apply(SearchFocused(reason=EVIL))
    page = render(history, title=EVIL, facts={"name": EVIL, EVIL: EVIL, "reproduce": EVIL})
    assert "window.hacked" in page
    assert "<script>window" not in page
    assert "<img" not in page.split("<script>")[0]
    assert "</script><b>" not in page
    hidden = {character for character in page.split("<script>")[0] if not character.isprintable()} - {"\n"}
    assert not hidden


def test_halves_of_characters_and_other_scripts_can_be_written(tmp_path):
    history = empty("minimize verlust_ß")
    add(history, 1.0, reason="損失 \udc80 🎛")
    text = write_report(history, tmp_path / "r.html", title="Ñandú").read_text("utf-8")
    assert "損失 ? 🎛" in text
    assert "verlust_ß" in text


def test_an_older_report_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    target = tmp_path / "report.html"
    target.write_text("old")
    assert write_report(single(), target, title="new") == target
    assert "<h1>new</h1>" in target.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"nowhere/report.html must be writable, got: No such file or directory"):
        write_report(empty(), tmp_path / "nowhere" / "report.html", title="x")
    with pytest.raises(OutputError, match="choose another place"):
        write_report(empty(), tmp_path, title="x")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Not a directory"):  # what was begun cannot be removed there, either
        write_report(empty(), tmp_path / "file" / "report.html", title="x")


@pytest.mark.slow
def test_ten_thousand_trials_give_a_page_of_bounded_size():
    history = empty()
    rng = np.random.default_rng(0)
    verdict = {"decision": "reject", "reason": "no better"}
    for _ in range(10_000):
        parameters = SPACE.sample(rng)
        loss = abs(np.log10(parameters["lr"]) + 2)
        reports = {step: loss + 1 / step for step in range(1, 6)}
        add(history, float(loss), parameters=parameters, reports=reports, verdict=verdict)
    began = time.process_time()
    page, _ = written(history)
    assert time.process_time() - began < 60  # seconds of this process, ten times what it takes
    assert len(page) < 8_000_000
    assert "1,000 of 10,000 trials" in page
    assert "500 of 10,000 entries" in page
