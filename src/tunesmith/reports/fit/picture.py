"""A picture of the fit's page: a plotly figure as a plain table, which costs no import and no validation.

Colours are variables of the page's style sheet (`var(--accent)`), so that plots follow its light and dark scheme.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...text.cleaning import plain, short

Figure = dict[str, Any]
_CLEAR = "rgba(0,0,0,0)"
_LONGEST_LABEL = 28


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture.

    Args:
        heading: Its heading.
        figure: The drawing.
        caption: How to read it.
        description: The content in words, for those who cannot see it.
        values: A table of the same values, header first, where that is short.
        plain: Whether it is too small for a bar of tools.
        webgl: Whether it needs WebGL; none of these does.
        width: The minimum width in pixels; these fit everywhere.
    """

    heading: str
    figure: Figure
    caption: str = ""
    description: str = ""
    values: Sequence[Sequence[str]] = field(default=())
    plain: bool = False
    webgl: bool = False
    width: int = 0


def figure(
    traces: Sequence[Mapping[str, Any]],
    *,
    x: str = "",
    y: str = "",
    height: int = 340,
    legend: bool = False,
    **layout: Any,
) -> Figure:
    """Return a figure in the page's style.

    Args:
        traces: Plotly's traces.
        x: The title of the x axis.
        y: The title of the y axis.
        height: In pixels.
        legend: Whether to show what the traces are.
        layout: More of plotly's layout; `xaxis` and `yaxis` are merged with the style.
    """
    line, text = "var(--line)", "var(--text)"
    axis = {
        "gridcolor": line,
        "linecolor": line,
        "tickcolor": line,
        "zeroline": False,
        "automargin": True,
        "tickfont": {"size": 12, "color": "var(--soft)"},
    }
    axes = {
        name: {**axis, **({"title": {"text": title, "font": {"size": 12.5}, "standoff": 8}} if title else {}), **given}
        for name, title, given in (("xaxis", x, layout.pop("xaxis", {})), ("yaxis", y, layout.pop("yaxis", {})))
    }
    if "yaxis2" in layout:
        axes["yaxis2"] = {**axis, **layout.pop("yaxis2")}
    return {
        "data": [dict(trace) for trace in traces],
        "layout": {
            "height": height,
            "font": {"family": "inherit", "size": 13, "color": text},
            "paper_bgcolor": _CLEAR,
            "plot_bgcolor": _CLEAR,
            "margin": {"l": 52, "r": 14, "t": 14, "b": 44},
            "showlegend": legend,
            "legend": {"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom", "font": {"size": 12}},
            "modebar": {"bgcolor": _CLEAR, "color": "var(--faint)", "activecolor": "var(--accent)"},
            "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": line, "font": {"color": text}},
            "dragmode": False,
            **axes,
            **layout,
        },
    }


def label(text: object, most: int = _LONGEST_LABEL) -> str:
    """Return text from data as a label; plotly interprets tags and entities in labels."""
    return html.escape(plain(short(text, most)), quote=False)


def band(x: Sequence[Any], low: Sequence[float], high: Sequence[float]) -> list[dict[str, Any]]:
    """Return traces that fill the area between two lines."""
    edge = {
        "type": "scatter",
        "x": list(x),
        "mode": "lines",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [{**edge, "y": list(low)}, {**edge, "y": list(high), "fill": "tonexty", "fillcolor": "var(--band)"}]
