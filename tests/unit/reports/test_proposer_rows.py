"""The rows of proposers and the shares of a portfolio: data first, then the plot and the page."""

import re

import pytest
from studies import add, empty

from tunesmith.proposers.portfolio import PortfolioProposer
from tunesmith.proposers.random import RandomProposer
from tunesmith.reports.html import render
from tunesmith.reports.plots.shares import shares_plot
from tunesmith.reports.proposers import MOST_POINTS, proposer_rows, share_words, shares_over_time

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


def test_shares_credit_and_their_words():
    rows = proposer_rows(shared(80), PORTFOLIO)
    assert {row.name for row in rows} == {"gp", "tpe", "user"}
    by_name = {row.name: row for row in rows}
    assert (by_name["user"].share, by_name["user"].credit) == (None, None)
    assert by_name["tpe"].share + by_name["gp"].share == pytest.approx(1)
    assert by_name["tpe"].credit == pytest.approx(1)
    assert by_name["gp"].credit < 0.1
    assert by_name["tpe"].cost == 1
    words = share_words(rows)
    assert [text.split()[0] for text in words] == sorted(("gp", "tpe"), key=lambda name: -by_name[name].share)
    assert any(re.fullmatch(r"tpe \d+(\.\d)? % \(credit 1\)", text) for text in words)


def test_words_name_a_higher_cost_and_a_member_without_recent_trials():
    history = empty()
    for number in range(30):
        parameters = {"lr": 1e-4 + number * 1e-6, "act": "relu"}
        slow = number % 5 == 0
        add(
            history, -float(number), parameters=parameters, proposer="gp" if slow else "user", seconds=60 + 540.0 * slow
        )
    gp, tpe = sorted(share_words(proposer_rows(history, PORTFOLIO)))
    assert gp.endswith(" at 8 times the usual trial time)")
    assert tpe.endswith("(no recent trials)")


def test_only_a_portfolio_has_shares():
    for proposer in (RandomProposer(), None):
        rows = proposer_rows(shared(10), proposer)
        assert {row.share for row in rows} == {None}
        assert share_words(rows) == []


@pytest.mark.parametrize("trials", [4, 5, 63, 64, 500])
def test_shares_over_time_reach_from_the_first_that_was_shared_to_now(trials):
    history = shared(trials)
    numbers, shares = shares_over_time(history, PORTFOLIO)
    assert (numbers[0], numbers[-1]) == (4, trials)
    assert len(numbers) == min(trials - 3, MOST_POINTS)
    assert sorted(set(numbers)) == list(numbers)
    assert [sum(row.values()) for row in shares] == pytest.approx([1.0] * len(numbers))
    now = {row.name: row.share for row in proposer_rows(history, PORTFOLIO) if row.share is not None}
    assert shares[-1] == now


def test_the_plot_shows_who_gained_more_growing():
    plot = shares_plot(shared(80), PORTFOLIO)
    gp, tpe = plot.figure.data
    assert (gp.name, tpe.name) == ("gp", "tpe")
    assert tpe.y[-1] > tpe.y[0]
    assert re.search(r"Now: .*tpe \d", plot.caption)
    assert len(plot.values) == MOST_POINTS + 1


def test_before_the_members_share_there_is_nothing_to_draw():
    assert shares_plot(shared(4), PORTFOLIO).missing == "gp proposes all trials until 4 have ended"


def test_the_page_has_the_shares_only_with_a_portfolio():
    history = shared(40)
    page = render(history, title="a study", proposer=PORTFOLIO)
    assert 'id="shares"' in page
    row = re.search(r'<tr><th scope="row">tpe</th>(.*?)</tr>', page).group(1)
    tpe = next(row for row in proposer_rows(history, PORTFOLIO) if row.name == "tpe")
    assert f'data-value="{tpe.credit}">1</td>' in row
    assert f'data-value="{tpe.share}"' in row
    plain = render(history, title="a study", proposer=RandomProposer())
    assert 'id="shares"' not in plain
    assert plain == render(history, title="a study")
