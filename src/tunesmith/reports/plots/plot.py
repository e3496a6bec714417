"""A plot of the report, and what all plots share.

Colours are variables of the page's style sheet (`var(--accent)`), so that plots follow its light and dark scheme.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from ...text.cleaning import plain
from .scale import Scale


@dataclass(frozen=True)
class Plot:
    """A plot, or the reason why there is none yet.

    Args:
        key: The id in the page.
        heading: The heading.
        figure: The drawing, or None.
        caption: How to read the plot, and what it leaves out.
        description: The content in words, for those who cannot see it.
        missing: Why there is no drawing.
        webgl: Whether the drawing needs WebGL.
        width: The minimum width in pixels; the plot scrolls where the page is narrower.
        values: A table of the same values, header first, where that is short.
        plain: Whether it is too small for a bar of tools.
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
    plain: bool = False


def new_figure(x: str, y: str, scale: Scale | None = None) -> go.Figure:
    """Return an empty figure in the page's style.

    Args:
        x: The title of the x axis.
        y: The title of the y axis.
        scale: The scale of the y axis; None lets plotly choose.
    """
    line, text, clear = "var(--line)", "var(--text)", "rgba(0,0,0,0)"
    axis = {"gridcolor": line, "linecolor": line, "tickcolor": line, "zeroline": False, "automargin": True}
    figure = go.Figure(
        layout={
            "template": "none",
            "height": 400,
            "font": {"family": "inherit", "size": 13, "color": text},
            "paper_bgcolor": clear,
            "plot_bgcolor": clear,
            "margin": {"l": 56, "r": 16, "t": 30, "b": 48},
            "modebar": {"bgcolor": clear, "color": "var(--faint)", "activecolor": "var(--accent)"},
            "legend": {"orientation": "h", "y": -0.24, "x": 0, "yanchor": "top"},
            "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": line, "font": {"color": text}},
            "xaxis": {**axis, "title": {"text": x}},
            "yaxis": {**axis, "title": {"text": y}},
        }
    )
    if scale is not None:
        figure.update_yaxes(**scale.axis)
    return figure


def escaped(text: str) -> str:
    """Return text that plotly shows literally; it interprets tags and entities in labels."""
    return html.escape(plain(text), quote=False)


def end_of(name: str, most: int) -> str:
    """Return a name of limited length; the end of `training.optimizer_params.momentum` tells more than its start."""
    return name if len(name) <= most else "…" + name[-(most - 1) :]


def selection(shown: int, total: int, what: str) -> str:
    """Return a sentence on how many items are shown, to follow a caption; empty where all are."""
    return "" if shown == total else f" {shown:,} of {total:,} {what} are shown."
