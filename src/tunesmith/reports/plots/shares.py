"""The shares of a portfolio's members over time, as stacked areas."""

from __future__ import annotations

from ...history.history import History
from ...plugins import name_of
from ...proposers.portfolio import PortfolioProposer
from ...text import wording
from ..proposers import CREDIT, proposer_rows, share_words, shares_over_time
from .history import SERIES
from .plot import Plot, escaped, new_figure


def shares_plot(history: History, portfolio: PortfolioProposer) -> Plot:
    """Return the members' shares of the trials by trial number."""
    key, heading = "shares", "Portfolio shares"
    first, startup = name_of(portfolio.members[0]), portfolio.startup_trials
    numbers, shares = shares_over_time(history, portfolio)
    if len(numbers) < 2:
        return Plot(key, heading, missing=f"{first} proposes all trials until {startup} have ended")
    figure = new_figure("trials so far", "share of the next trials")
    for index, name in enumerate(shares[0]):
        figure.add_scatter(
            x=numbers,
            y=[row[name] for row in shares],
            name=escaped(name),
            mode="lines",
            stackgroup="shares",
            line={"width": 0.5, "color": SERIES[index % len(SERIES)]},
            hovertemplate=f"after %{{x}} trials<br>{escaped(name)} %{{y:.0%}}<extra></extra>",
        )
    figure.update_layout(height=300)
    figure.update_yaxes(tickformat=".0%", range=[0, 1])
    now = f"Now: {', '.join(share_words(proposer_rows(history, portfolio)))}."
    rule = f"{first} has priority, and each member gets at least {wording.share(portfolio.floor)}."
    if history.settled < startup:
        rule = f"Until {startup} trials have ended, {first} replaces the other members."
    rows = [(str(number), *map(wording.share, row.values())) for number, row in zip(numbers, shares, strict=True)]
    return Plot(
        key,
        heading,
        figure,
        caption=f"{now} {CREDIT} {rule}",
        description=f"The share of the next trials that each proposer had, by trial number. {now}",
        values=[("after trials", *shares[0]), *rows],
    )
