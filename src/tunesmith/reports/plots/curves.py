"""Learning curves: what trials reported on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from ...core.trial import State
from ...history.history import History
from ...text import wording
from ..data import Curve, curves
from .picture import Picture, empty_figure, safe
from .scale import scale_of

MOST_CURVES = 100
MOST_CURVE_POINTS = 300


def curves_picture(history: History) -> Picture:
    """Return what trials reported on the way: the leader, the user's own, and an even sample of the others."""
    key, heading = "curves", "Learning curves"
    metric = history.objective.primary
    every = curves(history)
    if not every:
        return Picture(key, heading, missing="no trial reported intermediate results")
    best = -1 if history.best is None else history.best.number
    special = [curve for curve in every if curve.number in (best, 0)]
    others = [curve for curve in every if curve.number not in (best, 0)]
    if len(others) > MOST_CURVES:
        others = [others[place * len(others) // MOST_CURVES] for place in range(MOST_CURVES)]
    scale = scale_of([value for curve in special + others for value in _spread(curve.values)], metric.sign)
    figure = empty_figure("step", f"{safe(metric.name)} ({'lower' if metric.sign > 0 else 'higher'} is better)", scale)
    for state, color in ((State.COMPLETE, "var(--series-1)"), (State.PRUNED, "var(--series-2)"),
                         (State.RUNNING, "var(--series-3)"), (State.FAILED, "var(--bad)"),
                         (State.WAITING, "var(--faint)")):  # fmt: skip
        group = [curve for curve in others if curve.state is state]
        if group:
            figure.add_trace(_lines(group, state.value, color=color, width=1.2, opacity=0.55))
    for curve in special:
        name = f"trial {curve.number} leads" if curve.number == best else "trial 0, your own"
        color = "var(--accent)" if curve.number == best else "var(--text)"
        dash = "solid" if curve.number == best else "dot"
        figure.add_trace(_lines([curve], name, color=color, width=3 if curve.number == best else 2, dash=dash))
    drawn = len(special) + len(others)
    left_out = "" if drawn == len(every) else f" {drawn} of {len(every):,} curves are shown, evenly chosen."
    return Picture(
        key,
        heading,
        figure,
        caption=f"What trials reported of {metric.name} on the way; a dot marks where one was stopped early.{left_out}",
        description=f"{wording.count(len(every), 'learning curve')} of {metric.name} by step.",
    )


def _lines(
    group: Sequence[Curve], name: str, *, color: str, width: float, opacity: float = 1.0, dash: str = "solid"
) -> go.Scatter:
    """Draw curves as one trace, with gaps between: a hundred traces of their own would be slow."""
    x: list[int | None] = []
    y: list[float | None] = []
    numbers: list[int | None] = []
    ends: list[int] = []
    for curve in group:
        steps, values = _spread(curve.steps), _spread(curve.values)
        x += [*steps, None]
        y += [*values, None]
        numbers += [curve.number] * (len(steps) + 1)
        ends += [0] * (len(steps) - 1) + [6 if curve.state is State.PRUNED or len(steps) == 1 else 0, 0]
    return go.Scatter(
        x=x,
        y=y,
        customdata=numbers,
        mode="lines+markers" if any(ends) else "lines",
        marker={"size": ends, "color": color, "opacity": 1, "line": {"width": 0}},
        line={"color": color, "width": width, "dash": dash},
        opacity=opacity,
        name=name,
        hovertemplate="trial %{customdata}, step %{x}<br>%{y:.5g}<extra></extra>",
    )


def _spread(values: Sequence[Any]) -> list[Any]:
    """Return at most `MOST_CURVE_POINTS` of a sequence at even distances, the last always among them."""
    if len(values) <= MOST_CURVE_POINTS:
        return list(values)
    return [values[place * (len(values) - 1) // (MOST_CURVE_POINTS - 1)] for place in range(MOST_CURVE_POINTS)]
