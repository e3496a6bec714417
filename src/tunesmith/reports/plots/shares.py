"""How a portfolio shared out the trials, as stacked areas."""

from __future__ import annotations

import plotly.graph_objects as go

from ...history.history import History
from ...plugins import name_of
from ...proposers.portfolio import PortfolioProposer
from ...text import wording
from ..shares import earnings, shares_over_time
from .history import SERIES
from .picture import Picture, empty_figure, safe


def shares_picture(history: History, portfolio: PortfolioProposer) -> Picture:
    """Return what share of the trials each member was due as the study went on."""
    key, heading = "shares", "How the portfolio shared out the trials"
    first, count = name_of(portfolio.members[0]), portfolio.startup_trials
    found = shares_over_time(history, portfolio)
    if len(found.numbers) < 2:
        return Picture(key, heading, missing=f"until {count} trials have ended, all are left to {first}")
    figure = empty_figure("trials so far", "share of the next trials", None)
    for place, name in enumerate(found.proposers):
        figure.add_trace(
            go.Scatter(
                x=found.numbers,
                y=[line[place] for line in found.shares],
                name=safe(name),
                mode="lines",
                stackgroup="shares",
                line={"width": 0.5, "color": SERIES[place % len(SERIES)]},
                hovertemplate="after %{x} trials<br>" + safe(name) + " %{y:.0%}<extra></extra>",
            )
        )
    figure.update_layout(height=300)
    figure.update_yaxes(tickformat=".0%", range=[0, 1])
    now = "; ".join(map(str, earnings(history, portfolio)))
    rule = f"{first} is believed in most; none is due less than {wording.share(portfolio.floor)}."
    if history.settled < count:
        rule = f"Until {count} trials have ended, {first} stands in for the other members."
    return Picture(
        key,
        heading,
        figure,
        caption=f"Now {now}. A new best gains 1, a second best 1/2, a third 1/3; what was gained fades as more trials "
        f"come. {rule}",
        description=f"The share of the next trials that each proposer was due, by trial number. Now {now}.",
        values=[
            ("after trials", *found.proposers),
            *(
                (str(number), *map(wording.share, line))
                for number, line in zip(found.numbers, found.shares, strict=True)
            ),
        ],
    )
