"""What the report tells of a portfolio: data first, then the picture and the page."""

import re

import pytest
from studies import add, empty

from tunesmith.proposers.portfolio import PortfolioProposer
from tunesmith.proposers.random import RandomProposer
from tunesmith.reports.html import render
from tunesmith.reports.plots.shares import shares_picture
from tunesmith.reports.shares import MOST_POINTS, earnings, shares_over_time

PORTFOLIO = PortfolioProposer(members=["gp", "tpe"], startup_trials=4)


def shared(trials, better="tpe"):
    """A study in which the trials of one member are new bests, and those of the other are not."""
    history = empty()
    add(history, 1.0, proposer="user")
    for number in range(1, trials):
        proposer = "gp" if number < 4 else ["tpe", "gp"][number % 2]
        loss = 1.0 - number / trials if proposer == better else 2.0
        add(history, loss, parameters={"lr": 1e-4 + number * 1e-6, "act": "relu"}, proposer=proposer, seconds=60.0)
    return history


def test_earnings_are_the_largest_share_first_and_in_words():
    rows = earnings(shared(80), PORTFOLIO)
    assert {row.proposer for row in rows} == {"gp", "tpe"}
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert rows[0].share >= rows[1].share
    found = {row.proposer: row for row in rows}
    assert found["tpe"].gain == pytest.approx(1)
    assert found["gp"].gain < 0.1
    assert found["tpe"].cost == 1
    assert re.fullmatch(r"tpe is due \d+(\.\d)? %: its trials gained 1 each", str(found["tpe"]))


def test_what_costs_more_is_said_and_so_is_who_has_proposed_nothing():
    history = empty()
    for number in range(30):
        parameters = {"lr": 1e-4 + number * 1e-6, "act": "relu"}
        slow = number % 5 == 0
        add(
            history, -float(number), parameters=parameters, proposer="gp" if slow else "user", seconds=60 + 540.0 * slow
        )
    gp, tpe = sorted(earnings(history, PORTFOLIO), key=lambda row: row.proposer)
    assert str(gp).endswith("each, in 8 of an ordinary trial’s time")
    assert str(tpe).endswith("it has proposed nothing of late")


def test_only_a_portfolio_has_earnings():
    assert earnings(shared(10), RandomProposer()) == []
    assert earnings(shared(10), None) == []


@pytest.mark.parametrize("trials", [4, 5, 63, 64, 500])
def test_shares_over_time_reach_from_the_first_that_was_shared_to_now(trials):
    history = shared(trials)
    found = shares_over_time(history, PORTFOLIO)
    assert (found.numbers[0], found.numbers[-1]) == (4, trials)
    assert len(found.numbers) == min(trials - 3, MOST_POINTS)
    assert sorted(set(found.numbers)) == list(found.numbers)
    assert [sum(line) for line in found.shares] == pytest.approx([1.0] * len(found.numbers))
    now = {row.proposer: row.share for row in earnings(history, PORTFOLIO)}
    assert dict(zip(found.proposers, found.shares[-1], strict=True)) == now


def test_the_picture_shows_who_gained_more_growing():
    picture = shares_picture(shared(80), PORTFOLIO)
    gp, tpe = picture.figure.data
    assert (gp.name, tpe.name) == ("gp", "tpe")
    assert tpe.y[-1] > tpe.y[0]
    assert "tpe is due" in picture.caption
    assert len(picture.values) == MOST_POINTS + 1


def test_before_the_members_share_there_is_nothing_to_draw():
    assert shares_picture(shared(4), PORTFOLIO).missing == "until 4 trials have ended, all are left to gp"


def test_the_page_has_the_shares_only_with_a_portfolio():
    history = shared(40)
    page = render(history, title="a study", proposer=PORTFOLIO)
    assert 'id="shares"' in page
    row = re.search(r'<tr><th scope="row">tpe</th>(.*?)</tr>', page).group(1)
    tpe = next(row for row in earnings(history, PORTFOLIO) if row.proposer == "tpe")
    assert f'data-value="{tpe.gain}">1</td>' in row
    assert f'data-value="{tpe.share}"' in row
    plain = render(history, title="a study", proposer=RandomProposer())
    assert 'id="shares"' not in plain
    assert plain == render(history, title="a study")
