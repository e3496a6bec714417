"""The parameters' importance as bars."""

from __future__ import annotations

import plotly.graph_objects as go

from ...text import wording
from ..importance import Importance
from .picture import Picture, empty_figure, safe, short

MOST_BARS = 20


def importance_picture(found: Importance) -> Picture:
    """Return one bar a parameter, the longest first."""
    key, heading = "importance", "Which parameters matter"
    if found.shares is None:
        return Picture(key, heading, missing=found.reason)
    shares = dict(list(found.shares.items())[:MOST_BARS])
    figure = empty_figure("share of the effect", "", None)
    figure.add_trace(
        go.Bar(
            x=list(shares.values()),
            y=[safe(short(name, 28)) for name in shares],
            customdata=[[safe(name), wording.share(part)] for name, part in shares.items()],
            text=[wording.share(part) for part in shares.values()],
            textposition="outside",
            orientation="h",
            marker={"color": "var(--accent)"},
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
            cliponaxis=False,
        )
    )
    figure.update_layout(height=110 + 26 * len(shares), bargap=0.35, margin={"r": 60})
    figure.update_xaxes(tickformat=".0%", tickangle=0, nticks=6, rangemode="tozero", title_standoff=12)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False, ticksuffix=" ")
    first = ", ".join(f"{name} {wording.share(part)}" for name, part in list(shares.items())[:3])
    left_out = "" if len(shares) == len(found.shares) else f" The first {len(shares)} of {len(found.shares)} are shown."
    return Picture(
        key,
        heading,
        figure,
        caption="How much worse a random forest predicts the rank of a result it has not seen once the parameter is "
        f"shuffled. {_trust(found)}{left_out}",
        description=f"Bars of importance. The first: {first}.",
        values=[("parameter", "share"), *((name, wording.share(part)) for name, part in found.shares.items())],
    )


def _trust(found: Importance) -> str:
    quality = found.quality or 0.0
    words = (
        "read the order, and the shares roughly"
        if quality >= 0.5
        else "take the order as a hint"
        if quality >= 0.2
        else "little better than guessing, do not rely on it"
    )
    return (
        f"From {wording.count(found.configurations, 'configuration')}, of whose ranks it explains "
        f"{wording.share(max(quality, 0.0))} out of bag: {words}."
    )
