"""The importance of the parameters as bars."""

from __future__ import annotations

from ...text import wording
from ..importance import Importance
from .plot import Plot, end_of, escaped, new_figure, selection

MOST_BARS = 20


def importance_plot(importance: Importance) -> Plot:
    """Return one bar per parameter, the longest first."""
    key, heading = "importance", "Parameter importance"
    if importance.shares is None:
        return Plot(key, heading, missing=importance.reason)
    shares = dict(list(importance.shares.items())[:MOST_BARS])
    texts = {name: wording.share(share) for name, share in importance.shares.items()}
    figure = new_figure("share of the effect", "")
    figure.add_bar(
        x=list(shares.values()),
        y=[escaped(end_of(name, 28)) for name in shares],
        customdata=[[escaped(name), texts[name]] for name in shares],
        text=[texts[name] for name in shares],
        textposition="outside",
        orientation="h",
        marker={"color": "var(--accent)"},
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        cliponaxis=False,
    )
    figure.update_layout(height=110 + 26 * len(shares), bargap=0.35, margin={"r": 60})
    figure.update_xaxes(tickformat=".0%", tickangle=0, nticks=6, rangemode="tozero", title_standoff=12)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False, ticksuffix=" ")
    first = ", ".join(f"{name} {texts[name]}" for name in list(shares)[:3])
    return Plot(
        key,
        heading,
        figure,
        caption=f"The share of each parameter in the effect on the result. {importance.certainty}"
        + selection(len(shares), len(importance.shares), "parameters"),
        description=f"Bars of importance. The first: {first}.",
        values=[("parameter", "share"), *texts.items()],
    )
