"""What a picture is, and what all of them share.

Colours are names of the page's own style (`var(--accent)`), so that the pictures follow its light and dark scheme.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from ...text.cleaning import plain
from .scale import Scale


@dataclass(frozen=True)
class Picture:
    """One picture of the report, or the reason why there is none yet.

    Args:
        key: Its id in the page.
        heading: What it shows.
        figure: The drawing, or None.
        caption: How to read it, and what was left out.
        description: What it shows in words, for those who do not see it.
        missing: Why there is no drawing.
        webgl: Whether it needs WebGL.
        width: The least width in pixels at which it is readable; it scrolls where the page is narrower.
        values: Header and lines of a table with the same values, where that is short.
    """

    key: str
    heading: str
    figure: go.Figure | None = None
    caption: str = ""
    description: str = ""
    missing: str = ""
    webgl: bool = False
    width: int = 0
    values: Sequence[Sequence[str]] = field(default=())


def empty_figure(x: str, y: str, scale: Scale | None) -> go.Figure:
    """Return an empty figure in the page's style, with the y axis on a scale."""
    axis = {
        "gridcolor": "var(--line)",
        "linecolor": "var(--line)",
        "zeroline": False,
        "automargin": True,
        "tickcolor": "var(--line)",
    }
    figure = go.Figure(
        layout={
            "template": "none",
            "height": 400,
            "font": {"family": "inherit", "size": 13, "color": "var(--text)"},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 56, "r": 16, "t": 30, "b": 48},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "var(--faint)", "activecolor": "var(--accent)"},
            "legend": {"orientation": "h", "y": -0.2, "x": 0, "yanchor": "top"},
            "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": "var(--line)", "font": {"color": "var(--text)"}},
            "xaxis": {**axis, "title": {"text": x}},
            "yaxis": {**axis, "title": {"text": y}},
        }
    )
    if scale is not None:
        margin = 0.05 * (scale.place(scale.high) - scale.place(scale.low))
        span = [scale.place(scale.low) - margin, scale.place(scale.high) + margin]
        figure.update_yaxes(type="log" if scale.log else "linear", range=span)
    return figure


def safe(text: str) -> str:
    """Return text that plotly shows as it is: it reads tags and entities in labels otherwise."""
    return html.escape(plain(text), quote=False)


def short(text: str, most: int) -> str:
    """Return a name that fits: the end tells more than the beginning, as in `training.optimizer_params.momentum`."""
    return text if len(text) <= most else "…" + text[-(most - 1) :]
