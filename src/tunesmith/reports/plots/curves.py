"""Learning curves: the intermediate results that trials reported."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from ...core.trial import State
from ...history.history import History
from ...text import wording
from ..data import Curve, Measure, curves, evenly
from .plot import Plot, escaped, new_figure, selection
from .scale import scale_of

MOST_CURVES = 100
MOST_CURVE_POINTS = 300
COLOURS = {
    State.COMPLETE: "var(--series-1)",
    State.PRUNED: "var(--series-2)",
    State.RUNNING: "var(--series-3)",
    State.FAILED: "var(--bad)",
    State.WAITING: "var(--faint)",
}


def curves_plot(history: History) -> Plot:
    """Return the learning curves of the best trial, of trial 0, and of an even sample of the others."""
    key, heading = "curves", "Learning curves"
    measure = Measure.of_metric(history.objective.primary)
    every = curves(history)
    if not every:
        return Plot(key, heading, missing="no trial reported intermediate results")
    best = -1 if history.best is None else history.best.number
    special = [curve for curve in every if curve.number in (best, 0)]
    others = evenly([curve for curve in every if curve.number not in (best, 0)], MOST_CURVES)
    values = [value for curve in special + others for value in evenly(curve.values, MOST_CURVE_POINTS)]
    figure = new_figure("step", escaped(measure.label), scale_of(values, measure.sign))
    for state, colour in COLOURS.items():
        if group := [curve for curve in others if curve.state is state]:
            figure.add_trace(_lines(group, state.value, colour=colour, width=1.2, opacity=0.55))
    for curve in special:
        if curve.number == best:
            figure.add_trace(_lines([curve], f"trial {best} (best)", colour="var(--accent)", width=3))
        else:
            figure.add_trace(_lines([curve], "trial 0", colour="var(--text)", width=2, dash="dot"))
    return Plot(
        key,
        heading,
        figure,
        caption=f"The values of {measure.name} that trials reported; a dot marks where one was stopped early."
        + selection(len(special) + len(others), len(every), "curves"),
        description=f"{wording.count(len(every), 'learning curve')} of {measure.name} by step.",
    )


def _lines(
    group: Sequence[Curve], name: str, *, colour: str, width: float, opacity: float = 1.0, dash: str = "solid"
) -> go.Scatter:
    """Return curves as one trace with gaps between them: a hundred traces would be slow."""
    x: list[int | None] = []
    y: list[float | None] = []
    numbers: list[int | None] = []
    sizes: list[int] = []
    for curve in group:
        steps, values = evenly(curve.steps, MOST_CURVE_POINTS), evenly(curve.values, MOST_CURVE_POINTS)
        x += [*steps, None]
        y += [*values, None]
        numbers += [curve.number] * (len(steps) + 1)
        sizes += [0] * (len(steps) - 1) + [6 if curve.state is State.PRUNED or len(steps) == 1 else 0, 0]
    return go.Scatter(
        x=x,
        y=y,
        customdata=numbers,
        mode="lines+markers" if any(sizes) else "lines",
        marker={"size": sizes, "color": colour, "opacity": 1, "line": {"width": 0}},
        line={"color": colour, "width": width, "dash": dash},
        opacity=opacity,
        name=name,
        hovertemplate="trial %{customdata}, step %{x}<br>%{y:.5g}<extra></extra>",
    )
